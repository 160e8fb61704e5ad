#include "autograd/debug/session/query.hpp"

#include "autograd/autograd.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"

using namespace tapestry;
using debug::Session;

namespace {

const DType kDouble = DType::f64;

}  // namespace

TEST_CASE("the local Jacobian is the derivative of one element of a node", "[debug][query]") {
  const DTypeScope f64(kDouble);
  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor({{1.0, 2.0}, {3.0, 4.0}}));
  const Tensor w = tape.watch(tensor({{5.0, 6.0}, {7.0, 8.0}}));
  const Tensor y = matmul(x, w);
  // y[1,0] = x[1,0] w[0,0] + x[1,1] w[1,0]
  const std::int32_t node = y.node().index;
  CHECK(debug::local_jacobian(tape, node, 0, 2).to_vector() == std::vector<double>{0, 0, 5, 7});
  CHECK(debug::local_jacobian(tape, node, 1, 2).to_vector() == std::vector<double>{3, 0, 4, 0});
  CHECK_THROWS_AS(debug::local_jacobian(tape, node, 2, 0), ConfigError);
  CHECK_THROWS_AS(debug::local_jacobian(tape, node, 0, 4), ShapeError);
}

TEST_CASE("the path goes from the loss along the largest contributions", "[debug][query]") {
  const DTypeScope f64(kDouble);
  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor({1.0, 2.0}));
  const Tensor small = x * 0.1, large = x * 10.0;
  const Tensor loss = sum(small) + sum(large);
  Session s(tape, loss);
  CHECK(debug::path(s, x.node().index).empty());
  s.run();
  const auto steps = debug::path(s, x.node().index);
  REQUIRE(steps.size() == 4);  // add, sum, mul by 10, x
  CHECK(steps[0].node == loss.node().index);
  CHECK(steps[2].node == large.node().index);
  CHECK(steps[3].node == x.node().index);
  CHECK(steps[2].received == Approx(std::sqrt(2.0)));
  CHECK(steps[2].sent == Approx(10 * std::sqrt(2.0)));
  CHECK(steps[3].received == Approx(10.1 * std::sqrt(2.0)));
  CHECK(steps[3].sent == 0);
}

TEST_CASE("explain says why a gradient is missing, pending, zero, not finite or sound",
          "[debug][query]") {
  const DTypeScope f64(kDouble);
  Parameter frozen("frozen", tensor({1.0}));
  frozen.set_trainable(false);
  Parameter idle("idle", tensor({1.0, 2.0}));
  Parameter detached("detached", tensor({1.0, 2.0}));
  Parameter cut("cut", tensor({1.0, 2.0}));
  Parameter dead("dead", tensor({-1.0, -2.0}));
  Parameter bad("bad", tensor({0.0, 4.0}));
  Parameter sound("sound", tensor({3.0, 4.0}));
  Tape tape({.keep = Keep::all});
  const Tensor kept = exp(cut);
  Tensor loss = sum(frozen * 2.0) + sum(square(sound)) + sum(detached.value() * sound);
  loss = loss + sum(kept.detach() * sound) + sum(relu(dead)) + sum(sqrt(bad));
  Session s(tape, loss);
  check_contains(debug::explain(s, sound), "nothing has arrived yet; the reverse pass stands at");
  s.run();

  check_contains(debug::explain(s, frozen), "frozen is frozen");
  check_contains(debug::explain(s, idle), "no op of this tape read it; was it used");
  check_contains(debug::explain(s, detached), "no op of this tape read it\n");
  check_contains(debug::explain(s, detached), "detach() or value() let no gradient through");
  const std::string why_cut = debug::explain(s, cut);
  check_contains(why_cut, "the loss does not depend on it\n  its way ends in ");
  check_contains(why_cut, " exp at tests/autograd/debug/session/query.test.cpp:");
  check_contains(why_cut, "holds the same values");
  check_contains(debug::explain(s, dead), "0 everywhere, from");
  check_contains(debug::explain(s, dead), "it became 0 in ");
  check_contains(debug::explain(s, dead), " relu at tests/");
  check_contains(debug::explain(s, bad), "1 of 2 not finite, first [0]");
  check_contains(debug::explain(s, bad), "it went bad in ");
  check_contains(debug::explain(s, bad), " sqrt at tests/");
  check_contains(debug::explain(s, sound), "sound: norm ");
  check_contains(debug::explain(s, kept.node().index), "the loss does not depend on it");
}
