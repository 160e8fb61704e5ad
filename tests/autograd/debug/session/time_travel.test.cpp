#include "autograd/debug/session/time_travel.hpp"

#include <cmath>

#include "autograd/autograd.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

// A step with an update, as training has it.
struct Training {
  Parameter w{"w", Rng(1).normal({4, 3}, DType::f32)};
  Parameter* all[1] = {&w};
  bool inside = false;  // the frame of `step` is alive

  Tensor loss() {
    const Tensor h = tanh(linear(Rng(2).normal({5, 3}), w));
    return mean(square(h));
  }
  void step() {
    inside = true;
    w.zero_grad();
    Tape tape;
    tape.backward(loss());
    w.set_value((w.value() - 0.1 * w.grad()).detach());
    inside = false;
  }
};

std::int32_t count_nodes(Training& t) {
  Tape tape;
  (void)t.loss();
  return static_cast<std::int32_t>(tape.nodes().size());
}

}  // namespace

TEST_CASE("rerun_to stops below the frames that record the node, for every node",
          "[debug][time_travel]") {
  Training t;
  int stops = 0;
  for (std::int32_t node = 0; node < count_nodes(t); ++node) {
    const bool came =
        debug::rerun_to([&] { t.step(); }, t.all, node,
                        [&](const Tape& tape, std::int32_t index, const Tensor& value) {
                          CHECK(t.inside);
                          CHECK(index == node);
                          CHECK(std::ssize(tape.nodes()) == node + 1);
                          CHECK(value.shape() == tape.nodes().back().out.shape());
                          ++stops;
                        });
    INFO("node " << node);
    // A leaf is written down together with the op that reads it, and nothing computes it.
    Tape tape;
    (void)t.loss();
    CHECK(came == (tape.nodes()[static_cast<std::size_t>(node)].op != nullptr));
  }
  CHECK(stops == 4);
}

TEST_CASE("rerun_to leaves the parameters as they were, and says when the node never came",
          "[debug][time_travel]") {
  Training t;
  t.step();
  const std::vector<double> value = t.w.value().to_vector(), grad = t.w.grad().to_vector();
  CHECK(!debug::rerun_to([&] { t.step(); }, t.all, 1000,
                         [](const Tape&, std::int32_t, const Tensor&) { FAIL("node 1000"); }));
  CHECK(t.w.value().to_vector() == value);
  CHECK(t.w.grad().to_vector() == grad);
}

TEST_CASE("rerun_to counts the tapes of a step", "[debug][time_travel]") {
  Training t;
  const auto two = [&] {
    t.step();
    t.step();
  };
  std::vector<double> first, second;
  const auto keep_in = [](std::vector<double>& to) {
    return [&to](const Tape&, std::int32_t, const Tensor& v) { to = v.to_vector(); };
  };
  CHECK(debug::rerun_to(two, t.all, 2, keep_in(first), 1));
  CHECK(debug::rerun_to(two, t.all, 2, keep_in(second), 2));
  CHECK(first != second);  // an update lies between
  CHECK(!debug::rerun_to(two, t.all, 2, keep_in(second), 3));
}

TEST_CASE("bisect_step finds the step, wherever it is, and looks at few states",
          "[debug][time_travel]") {
  for (std::int64_t turn = 1; turn <= 100; ++turn) {
    std::int64_t now = -1;
    int looks = 0;
    const auto state_at = [&](std::int64_t step) { now = step; };
    const auto is_bad = [&] {
      ++looks;
      return now >= turn;
    };
    CHECK(debug::bisect_step(0, 100, state_at, is_bad) == turn);
    CHECK(looks <= 9);
  }
  const auto nothing = [](std::int64_t) {};
  check_contains(
      test::message<ConfigError>([&] { debug::bisect_step(0, 9, nothing, [] { return false; }); }),
      "the state after step 9 is not bad");
  check_contains(
      test::message<ConfigError>([&] { debug::bisect_step(2, 9, nothing, [] { return true; }); }),
      "the state after step 2 is bad already");
  check_contains(
      test::message<ConfigError>([&] { debug::bisect_step(9, 9, nothing, [] { return true; }); }),
      "step 9 does not lie before step 9");
}

TEST_CASE("bisect_step replays real training to the step that made a NaN", "[debug][time_travel]") {
  Parameter w("w", tensor({2.0}));
  const auto state_at = [&](std::int64_t steps) {
    w.set_value(tensor({2.0}));
    for (std::int64_t i = 0; i < steps; ++i) w.set_value((square(w) - 1.0).detach());  // grows
  };
  const auto is_bad = [&] { return !std::isfinite(w.value().item()); };
  const std::int64_t step = debug::bisect_step(0, 50, state_at, is_bad);
  state_at(step - 1);
  CHECK(!is_bad());
  state_at(step);
  CHECK(is_bad());
}

TEST_CASE("shadow finds that f32 is precise enough in a sound computation",
          "[debug][time_travel]") {
  Training t;
  t.step();
  const std::vector<double> value = t.w.value().to_vector(), grad = t.w.grad().to_vector();
  const debug::Shadow s = debug::shadow([&] { return t.loss(); }, t.all);
  INFO(s.text);
  CHECK(s.ok());
  CHECK(s.largest_value > 0);
  CHECK(s.largest_value < 1e-5);
  check_contains(s.text, "rounding is not the reason, look at the formula");
  CHECK(t.w.value().dtype() == DType::f32);
  CHECK(t.w.value().to_vector() == value);
  CHECK(t.w.grad().to_vector() == grad);
}

TEST_CASE("shadow names the subtraction in which a variance loses its digits",
          "[debug][time_travel]") {
  Parameter w("w", tensor({1000.0, 1000.5, 999.75}));
  Parameter* all[] = {&w};
  const auto spread = [&] {
    const Tensor square_of_mean = square(mean(w));
    return mean(square(w)) - square_of_mean;
  };
  const debug::Shadow s = debug::shadow(spread, all);
  INFO(s.text);
  REQUIRE(s.value.node >= 0);
  check_contains(s.text, "precision is lost in the value of node 5 sub");
  check_contains(s.text, "tests/autograd/debug/session/time_travel.test.cpp:");
  CHECK(s.value.difference > 0.1);
  CHECK(s.value.inherited < 1e-6);
  CHECK(s.value.exact == Approx(0.09722222));
}

TEST_CASE("shadow finds what overflows in f32 alone, forwards and backwards",
          "[debug][time_travel]") {
  Parameter w("w", tensor({90.0, 1.0}));
  Parameter* all[] = {&w};
  SECTION("a value") {
    const debug::Shadow s = debug::shadow([&] { return log(sum(exp(w))); }, all);
    check_contains(s.text, "precision is lost in the value of node 1 exp");
    CHECK(std::isinf(s.value.single));
    CHECK(std::isinf(s.value.difference));
    CHECK(s.value.element == 0);
  }
  SECTION("only a gradient") {
    w.set_value(tensor({6.0, 6.2}));  // 1 - y^2 cancels where tanh is almost 1
    const debug::Shadow s = debug::shadow([&] { return sum(tanh(w)); }, all, 1e-4);
    INFO(s.text);
    CHECK(s.value.node < 0);
    CHECK(s.gradient.node == 0);
    check_contains(s.text,
                   "precision is lost in the gradient of node 0 w\n  sent by node 1 tanh  tests/");
  }
}

TEST_CASE("shadow refuses a program that is not the same each time", "[debug][time_travel]") {
  Parameter w("w", tensor({1.0}));
  Parameter* all[] = {&w};
  int calls = 0;
  const auto other = [&] { return ++calls == 1 ? sum(exp(w)) : sum(log(w)); };
  check_contains(test::message<TapeError>([&] { debug::shadow(other, all); }),
                 "node 1 exp in f32 is node 1 log in f64");
  calls = 0;
  const auto longer = [&] { return ++calls == 1 ? sum(w) : sum(w) + 1.0; };
  check_contains(test::message<TapeError>([&] { debug::shadow(longer, all); }),
                 "2 nodes in f32, 4 in f64");
}
