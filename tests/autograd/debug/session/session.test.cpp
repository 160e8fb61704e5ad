#include "autograd/debug/session/session.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "autograd/autograd.hpp"
#include "autograd/debug/names.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"

using namespace tapestry;
using debug::Arrival;
using debug::Phase;
using debug::Session;
using debug::Stop;

namespace {

// A small network with everything that makes a sweep interesting: modules, a parameter used twice, a
// value used three times, a constant, and a branch that does not reach the loss.
struct Net {
  Parameter w{"encoder.weight", Rng(1).normal({4, 3}, DType::f64)};
  Parameter b{"encoder.bias", Rng(2).normal({4}, DType::f64)};
  Parameter unused{"unused", Rng(3).normal({2}, DType::f64)};
  Tensor x = Rng(4).normal({5, 3}, DType::f64);

  Tensor loss() {
    Tensor h;
    {
      const Scope outer("encoder");
      h = linear(x, w, b);
      const Scope inner("encoder.act");
      h = tanh(h).named("h");
    }
    const Tensor twice = h * h + h;
    (void)exp(h);  // nobody uses it
    return sum(twice) + sum(square(w)) * 0.5;
  }
};

std::vector<std::vector<double>> gradients(const Session& s) {
  std::vector<std::vector<double>> all;
  for (std::int32_t i = 0; i < std::ssize(s.tape().nodes()); ++i) {
    all.push_back(s.grad(i).defined() ? s.grad(i).to_vector() : std::vector<double>());
  }
  return all;
}

std::int32_t node_of(const Tape& tape, const char* op) {
  for (std::int32_t i = 0; i < std::ssize(tape.nodes()); ++i) {
    const Node& n = tape.nodes()[static_cast<std::size_t>(i)];
    if (n.op && n.op->name == std::string(op)) return i;
  }
  FAIL("no node " << op);
  return -1;
}

}  // namespace

TEST_CASE("a session run to its end has the gradients of backward, and changes nothing",
          "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  Session s(tape, loss);
  CHECK(s.run().why == Stop::Why::end);
  CHECK(s.phase() == Phase::finished);
  CHECK(s.at() == -1);
  CHECK_FALSE(net.w.grad().defined());
  for (const Node& n : tape.nodes()) CHECK_FALSE(n.grad.defined());

  tape.backward(loss);
  const auto same = [](const Tensor& a, const Tensor& b) {
    const auto x = a.to_vector(), y = b.to_vector();
    REQUIRE(x.size() == y.size());
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == Approx(y[i]).epsilon(1e-13));
  };
  same(s.grad(net.w), net.w.grad());
  same(s.grad(net.b), net.b.grad());
  CHECK_FALSE(s.grad(net.unused).defined());
}

TEST_CASE("a session works before backward on a tape that keeps only what gradients need",
          "[debug][session]") {
  Net net;
  Tape tape;
  const Tensor loss = net.loss();
  Session s(tape, loss);
  s.run();
  tape.backward(loss);
  CHECK(s.grad(net.b).to_vector() == net.b.grad().to_vector());
  CHECK_THROWS_AS(Session(tape, loss), TapeError);
}

TEST_CASE("step visits the nodes on the way from the loss in reverse order", "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  Session s(tape, loss);
  CHECK(s.at() == loss.node().index);
  std::vector<std::int32_t> seen;
  do {
    seen.push_back(s.at());
    CHECK(s.arrival(s.at()) == Arrival::complete);
  } while (s.step().why != Stop::Why::end);
  CHECK(seen == std::vector<std::int32_t>(s.order().begin(), s.order().end()));
  CHECK(s.done() == s.total());
  CHECK_FALSE(s.reachable(node_of(tape, "exp")));
  CHECK(s.arrival(node_of(tape, "exp")) == Arrival::none);
}

TEST_CASE("step_into sends one contribution, and none is told apart from zero",
          "[debug][session]") {
  const DTypeScope f64(DType::f64);
  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor({1.0, 2.0})), y = tape.watch(tensor({3.0, 4.0}));
  const Tensor loss = sum(x * y);
  Session s(tape, loss);
  s.step();
  REQUIRE(s.at() == node_of(tape, "mul"));
  CHECK(s.arrival(x.node().index) == Arrival::none);
  s.step_into();
  CHECK(s.operand() == 1);
  CHECK(s.grad(x.node().index).to_vector() == std::vector<double>{3, 4});
  CHECK_FALSE(s.grad(y.node().index).defined());
  CHECK(s.step_into().why == Stop::Why::end);
  CHECK(s.grad(y.node().index).to_vector() == std::vector<double>{1, 2});
}

TEST_CASE("contributions say who sent what; a product with itself sends twice",
          "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  Session s(tape, loss);
  s.run();
  const std::int32_t h = node_of(tape, "tanh");
  const auto parts = s.contributions(h);
  REQUIRE(parts.size() == 3);  // h + .., and twice from h * h
  const std::int32_t mul = node_of(tape, "mul");
  CHECK(parts[1].from == mul);
  CHECK(parts[2].from == mul);
  CHECK(parts[1].operand == 0);
  CHECK(parts[2].operand == 1);
  const auto total = s.grad(h).to_vector();
  for (std::size_t i = 0; i < total.size(); ++i) {
    double sum = 0;
    for (const auto& part : parts) sum += part.value.to_vector()[i];
    CHECK(total[i] == Approx(sum));
  }
}

TEST_CASE("back undoes a node exactly, and restart everything", "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  Session s(tape, loss);
  CHECK(s.back().why == Stop::Why::start);
  std::vector<std::vector<std::vector<double>>> before;
  std::vector<std::int32_t> at;
  while (s.phase() != Phase::finished) {
    before.push_back(gradients(s));
    at.push_back(s.at());
    s.step();
  }
  while (!before.empty()) {
    s.back();
    CHECK(s.at() == at.back());
    CHECK(gradients(s) == before.back());
    before.pop_back();
    at.pop_back();
  }
  s.run();
  CHECK(s.restart().why == Stop::Why::start);
  CHECK(s.at() == loss.node().index);
  CHECK(s.done() == 0);
}

TEST_CASE("after random walks of 1000 moves every gradient has the bits it had at that place",
          "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  // The state at (nodes done, operands done), from one straight walk.
  std::map<std::pair<std::size_t, int>, std::vector<std::vector<double>>> expected;
  Session straight(tape, loss);
  const auto key = [](const Session& s) { return std::pair(s.done(), s.operand()); };
  expected[key(straight)] = gradients(straight);
  while (straight.phase() != Phase::finished) {
    straight.step_into();
    expected[key(straight)] = gradients(straight);
  }
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Rng rng(seed);
    Session s(tape, loss);
    for (int move = 0; move < 1000; ++move) {
      switch (rng.below(8)) {
        case 0:
        case 1:
          s.step();
          break;
        case 2:
        case 3:
          s.step_into();
          break;
        case 4:
        case 5:
          s.back();
          break;
        case 6:
          s.next_in_scope();
          break;
        default:
          rng.below(40) == 0 ? s.restart() : s.back();
      }
      const auto found = expected.find(key(s));
      REQUIRE(found != expected.end());
      REQUIRE(gradients(s) == found->second);
    }
  }
}

TEST_CASE("next_in_scope walks over the modules inside, finish_scope leaves the module",
          "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  const auto scope = [&](const Session& s) {
    return scope_info(tape.nodes()[static_cast<std::size_t>(s.at())].scope).path;
  };
  Session s(tape, loss);
  while (s.phase() == Phase::reverse) {
    CHECK(scope(s).empty());
    s.next_in_scope();
  }
  s.restart();
  s.run_to(node_of(tape, "tanh"));
  CHECK(scope(s) == "encoder.act");
  s.finish_scope();
  CHECK(s.at() == node_of(tape, "linear"));
}

TEST_CASE("breakpoints stop on arrival: by op, scope, label, line, node, parameter, predicate",
          "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  const std::int32_t tanh_node = node_of(tape, "tanh"), linear_node = node_of(tape, "linear");
  const Node& linear_row = tape.nodes()[static_cast<std::size_t>(linear_node)];
  const auto stops_at = [&](debug::Breakpoint b) {
    Session s(tape, loss);
    const int number = s.add(std::move(b));
    const Stop stop = s.run();
    CHECK(stop.why == Stop::Why::breakpoint);
    CHECK(stop.number == number);
    return s.at();
  };
  CHECK(stops_at(debug::break_op("tanh")) == tanh_node);
  CHECK(stops_at(debug::break_scope("enc*")) == tanh_node);
  CHECK(stops_at(debug::break_scope("encoder")) == linear_node);
  CHECK(stops_at(debug::break_label("h")) == tanh_node);
  CHECK(stops_at(debug::break_node(linear_node)) == linear_node);
  CHECK(stops_at(debug::break_parameter("encoder.bias")) == linear_node);
  CHECK(stops_at(debug::break_line(fmt::format("session.test.cpp:{}", linear_row.src.line))) ==
        linear_node);
  CHECK(stops_at(debug::break_if("rank 1", [](const debug::NodeView& v) {
          return v.grad.rank() == 2 && v.grad.size() == 20;
        })) > tanh_node);
  CHECK_THROWS_AS(debug::break_line("main.cpp"), ConfigError);

  Session s(tape, loss);
  debug::Breakpoint second = debug::break_op("sum");
  second.ignore = 1;
  s.add(second);
  s.run();
  CHECK(s.at() == node_of(tape, "sum"));  // the second met is the first recorded
  CHECK(s.remove(1));
  CHECK_FALSE(s.remove(1));
  CHECK(s.run().why == Stop::Why::end);
}

TEST_CASE("run_to goes to a node, waits for a leaf's whole gradient, and refuses what lies behind",
          "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  Session s(tape, loss);
  s.run_to(node_of(tape, "tanh"));
  CHECK(s.at() == node_of(tape, "tanh"));
  CHECK_THROWS_AS(s.run_to(loss.node().index), TapeError);
  CHECK_THROWS_AS(s.run_to(node_of(tape, "exp")), TapeError);
  CHECK_THROWS_AS(s.run_to(1000), TapeError);
  std::int32_t leaf = 0;
  while (tape.nodes()[static_cast<std::size_t>(leaf)].parameter != &net.w) ++leaf;
  CHECK(s.arrival(leaf) == Arrival::partial);
  s.run_to(leaf);
  CHECK(s.arrival(leaf) == Arrival::complete);
}

TEST_CASE("watchpoints stop at the contribution or the gradient that fits their condition",
          "[debug][session]") {
  const DTypeScope f64(DType::f64);
  using debug::Condition;
  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor({1.0, 2.0}));
  const Tensor big = x * 5000.0, small = x * -3000.0, dead = x * 0.0;
  const Tensor loss = sum(big) + sum(small) + sum(dead);
  const std::int32_t node = x.node().index;
  const auto seen = [&](debug::Watchpoint w) {
    Session s(tape, loss);
    s.add(w);
    const Stop stop = s.run();
    return stop.why == Stop::Why::watchpoint ? stop.text : std::string("nothing");
  };
  check_contains(seen({.condition = Condition::norm_above, .node = node, .bound = 10}),
                 "norm above 10 of the gradient of 0 watched: 0 watched has norm 2828");
  CHECK(seen({.condition = Condition::norm_above, .node = node, .bound = 1e5}) == "nothing");
  check_contains(seen({.condition = Condition::norm_below, .bound = 1e4}), "norm below 1e+04");
  check_contains(seen({.condition = Condition::ratio_above, .bound = 500}), "sent norm 4243");
  check_contains(seen({.condition = Condition::sign_change, .node = node}),
                 "went from -3000 to 2000");
  check_contains(seen({.condition = Condition::element_change, .node = node, .element = 1}),
                 "change of [1] of the gradient of 0 watched: from none to 0");
  CHECK(seen({.condition = Condition::not_finite}) == "nothing");

  const Tensor zero_loss = sum(x * 0.0);
  Session s(tape, zero_loss);
  s.add(debug::Watchpoint{.condition = Condition::exact_zero});
  check_contains(s.run().text, "0 watched is 0 everywhere");
  CHECK_THROWS_AS(s.add(debug::Watchpoint{.node = 999}), TapeError);
  CHECK_THROWS_AS(s.add(debug::Watchpoint{.condition = Condition::element_change}), ConfigError);
}

TEST_CASE("a watch for values that are not finite names the node and the element",
          "[debug][session]") {
  const DTypeScope f64(DType::f64);
  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor({4.0, 0.0}));
  const Tensor loss = sum(sqrt(x));
  Session s(tape, loss);
  s.add(debug::Watchpoint{});
  check_contains(s.run().text, "0 watched has 1 of 2 not finite, first [1]");
}

TEST_CASE("an error in a backward function leaves the session where it stood", "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  const Tensor loss = net.loss();
  net.w.set_value(net.w.value());  // changed between forward and backward
  Session s(tape, loss);
  s.run_to(debug::break_parameter("encoder.weight"));
  const std::int32_t at = s.at();
  const auto before = gradients(s);
  CHECK_THROWS_AS(s.step(), TapeError);
  CHECK(s.at() == at);
  CHECK(gradients(s) == before);
}

TEST_CASE("the forward phase stops as nodes are recorded, then the reverse pass begins",
          "[debug][session]") {
  Net net;
  Tape tape({.keep = Keep::all});
  std::vector<std::string> stops;
  Session s(tape, [&](Session& at) {
    CHECK(at.phase() == Phase::forward);
    stops.push_back(debug::node_name(tape, at.at()));
    if (stops.size() == 1) {
      at.step();
    } else {
      at.run();
    }
  });
  s.add(debug::break_op("square"));
  const Tensor loss = net.loss();
  REQUIRE(stops.size() == 3);
  check_contains(stops[0], "linear");
  check_contains(stops[1], "tanh");
  check_contains(stops[2], "square");
  CHECK_THROWS_AS(s.back(), TapeError);
  s.reverse(loss);
  CHECK(s.at() == loss.node().index);
  CHECK(s.run().why == Stop::Why::breakpoint);
  (void)net.loss();
  CHECK(stops.size() == 3);
}
