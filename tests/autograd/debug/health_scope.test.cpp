#include "autograd/debug/health_scope.hpp"

#include <cmath>

#include "autograd/autograd.hpp"
#include "autograd/kernels/finite.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"

using namespace tapestry;
using debug::Birth;
using debug::HealthScope;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

template <class Fn>
std::string thrown(Fn fn) {
  try {
    fn();
  } catch (const DomainError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("all_finite sees a single NaN or infinity anywhere, in both dtypes",
          "[autograd][health]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const std::int64_t n : {1, 7, 64, 100'000}) {
      const Tensor sound = Rng(1).normal({n}, dtype);
      CHECK(all_finite(sound));
      for (const double bad : {kInf, -kInf, std::nan("")}) {
        for (const std::int64_t at : {std::int64_t{0}, n / 2, n - 1}) {
          Tensor x = sound.clone();
          dispatch(dtype, [&]<class T>(T) {
            x.mutate<T>()[static_cast<std::size_t>(at)] = static_cast<T>(bad);
          });
          CHECK(!all_finite(x));
        }
      }
    }
  }
  CHECK(all_finite(full({3}, 3.4e38, DType::f32)));
  CHECK(all_finite(zeros({0}, DType::f32)));
  CHECK(all_finite(index_tensor(std::vector<std::int32_t>{1, 2}, {2})));
}

TEST_CASE("health: without a scope a loss that is not finite is refused and says how to find out",
          "[autograd][health]") {
  Parameter w("w", tensor({0.0}));
  const auto run = [&] {
    Tape tape;
    tape.backward(sum(log(w)));
  };
  const std::string text = thrown(run);
  check_contains(text, "backward: the loss is -inf");
  check_contains(text, "TAPESTRY_DEBUG=nan");
  check_contains(text, "autograd/debug/health_scope.hpp");

  const HealthScope off(Health::off);
  CHECK(thrown(run) == "no error");
}

TEST_CASE("health: the first value that is not finite is thrown with its line, module and operands",
          "[autograd][health]") {
  Parameter w("w", tensor({{1.0, 2.0}, {0.0, -1.0}}));
  const HealthScope scope(Health::nodes);
  Tape tape;
  const int line = __LINE__ + 3;
  const std::string text = thrown([&] {
    const Scope module("encoder.fc1");
    const Tensor y = log(w);
    FAIL("log was let through: " << to_string(y));
  });
  check_contains(text,
                 "tapestry: log: NaN is born in the value of node 1 log, element [1,1]; 2 of 4 "
                 "elements are not finite");
  check_contains(text, fmt::format("tests/autograd/debug/health_scope.test.cpp:{}", line));
  check_contains(text, "in encoder.fc1");
  check_contains(text, "x = -1 at [1,1];  f32 [2,2]  min -1  mean 0.5  max 2, from 0 w");
  check_contains(text, "hint: log of 0 is -inf");
  REQUIRE(scope.births().size() == 1);
  const Birth& birth = scope.births()[0];
  CHECK(birth.kind == Birth::Kind::value);
  CHECK(birth.node == 1);
  CHECK(birth.element == 3);
  CHECK(birth.count == 2);
}

TEST_CASE("health: with broadcasting, each operand is shown at the element that it gave",
          "[autograd][health]") {
  Parameter a("a", tensor(std::vector<double>{1, 5}, {2, 1}));
  Parameter b("b", tensor({2.0, 0.0, 4.0}));
  const HealthScope scope(Health::nodes);
  Tape tape;
  const std::string text = thrown([&] { (void)(a / b); });
  check_contains(text, "inf is born in the value of node 2 div, element [0,1]; 2 of 6");
  check_contains(text, "left = 1 at [0,0]");
  check_contains(text, "right = 0 at [1]");
}

TEST_CASE("health: a matrix product shows the row that the element is made of",
          "[autograd][health]") {
  const Tensor x = tensor({{1.0, 2.0, 3.0}, {3e38, 2.0, 3e38}});
  Parameter w("w", tensor({{1.0, 1.0, 1.0}, {0.0, 1.0, 0.0}}));
  const HealthScope scope(Health::nodes);
  Tape tape;
  const std::string text = thrown([&] { (void)linear(x, w); });
  check_contains(text, "linear: inf is born in the value of node 2 linear, element [1,0]; 1 of 4");
  check_contains(text, "x[1,:]  f32 [2,3]  min 2  mean 2e+38  max 3e+38, from 0 constant");
  check_contains(text, "weight  f32 [2,3]  min 0");
  check_contains(text, "the numbers have grown above 3.4e38, the largest f32");
}

TEST_CASE("health: NaN that comes of infinities is a birth of its own", "[autograd][health]") {
  Parameter w("w", tensor({100.0, 0.0}));
  const HealthScope scope(Health::collect);
  Tape tape;
  const Tensor big = exp(w);
  const Tensor y = big * (w - 100.0);
  (void)y;
  REQUIRE(scope.births().size() == 2);
  check_contains(scope.births()[0].error.what(), "exp: inf is born");
  check_contains(scope.births()[1].error.what(), "mul: NaN is born");
  check_contains(scope.births()[1].error.what(), "left = inf at [0]");
  check_contains(scope.births()[1].error.what(), "select before the op that makes it");
}

TEST_CASE("health: what a where leaves out is listed as harmless, what gets through is not",
          "[autograd][health]") {
  Parameter w("w", tensor({0.0, 1.0}));
  const HealthScope scope(Health::collect);
  SECTION("left out") {
    Tape tape;
    const Tensor safe = where(greater(w, 0.5), log(w).named("branch"), 0.0);
    (void)thrown([&] { tape.backward(sum(safe)); });
    REQUIRE(scope.births().size() == 2);
    CHECK(scope.births()[0].kind == Birth::Kind::value);
    check_contains(scope.births()[0].reach, "it does not reach the loss: the value of 4 where at");
    CHECK(scope.births()[1].kind == Birth::Kind::gradient);
    check_contains(scope.births()[1].error.what(), "dy is 0 there");
    check_contains(scope.births()[1].reach, "it reaches the gradients of w");
  }
  SECTION("let through") {
    Tape tape;
    const Tensor y = exp(-log(w)) + 1.0;
    CHECK(thrown([&] { tape.backward(sum(y)); }) != "no error");  // `loss` stays in force
    REQUIRE(!scope.births().empty());
    CHECK(scope.births()[0].reach == "it reaches the loss through 2 neg, 3 exp, 5 add");
    check_contains(scope.report(), "it reaches the loss through");
  }
  SECTION("read by nobody") {
    Tape tape;
    (void)log(w);
    tape.backward(sum(w));
    REQUIRE(scope.births().size() == 1);
    CHECK(scope.births()[0].reach == "it does not reach the loss: no recorded op reads it");
  }
}

TEST_CASE("health: an infinite constant may be meant, unless it reaches the loss",
          "[autograd][health]") {
  Parameter w("w", tensor({1.0, 2.0}));
  const HealthScope scope(Health::nodes);
  SECTION("a mask in front of a softmax") {
    Tape tape;
    const Tensor p = softmax(w + tensor({0.0, -kInf}), 0);
    tape.backward(sum(square(p)));
    REQUIRE(scope.births().size() == 1);
    CHECK(scope.births()[0].kind == Birth::Kind::operand);
    check_contains(scope.births()[0].reach, "does not reach the loss");
  }
  SECTION("on the way to the loss") {
    Tape tape;
    const Tensor y = sum(w + tensor({0.0, -kInf}));
    const std::string text = thrown([&] { tape.backward(y); });
    check_contains(text, "add: -inf comes in with node 1 constant, element [1]");
    check_contains(text, "it reaches the loss through 2 add");
  }
}

TEST_CASE("health: a gradient is reported at the node that sent it, not where the sweep ends",
          "[autograd][health]") {
  Parameter w("w", tensor({4.0, 0.0, 9.0}));
  const HealthScope scope(Health::nodes);
  Tape tape;
  const Tensor root = sqrt(w);
  const std::string text = thrown([&] { tape.backward(sum(root * 2.0)); });
  check_contains(text,
                 "back_sqrt: inf is born in the gradient that node 1 sqrt sends to 0 w (its "
                 "x), element [1]; 1 of 3 elements is not finite");
  check_contains(text, "y = 0 at [1]");
  check_contains(text, "dy = 2 at [1]");
  check_contains(text, "x  f32 [3], values not kept");
  CHECK(scope.births()[0].operand == 0);
}

TEST_CASE("health: terms that overflow only together are told from a term that does",
          "[autograd][health]") {
  Parameter w("w", tensor({0.0}));
  const HealthScope scope(Health::nodes);
  Tape tape;
  const Tensor y = w * 1.0;
  const std::string text =
      thrown([&] { tape.backward(sum(y * 2e38) + sum(y * 2e38), tensor(1.0)); });
  check_contains(text, "back_mul: inf is born where gradients add up, with what node 4 mul sends");
}

TEST_CASE("health: scopes nest, and the innermost decides", "[autograd][health]") {
  Parameter w("w", tensor({0.0}));
  const auto bad_log = [&] {
    Tape tape;
    (void)log(w);
  };
  const HealthScope outer(Health::nodes);
  {
    const HealthScope inner(Health::collect);
    CHECK(thrown(bad_log) == "no error");
    CHECK(inner.births().size() == 1);
  }
  {
    const HealthScope inner(Health::loss);
    CHECK(thrown(bad_log) == "no error");
    CHECK(inner.births().empty());
  }
  CHECK(outer.births().empty());
  check_contains(thrown(bad_log), "log: -inf is born");
  CHECK(health() == Health::nodes);
}

TEST_CASE("health: the same place seen again is counted, not listed again", "[autograd][health]") {
  Parameter w("w", tensor({0.0}));
  const HealthScope scope(Health::collect);
  for (int step = 0; step < 3; ++step) {
    Tape tape;
    (void)log(w);
  }
  REQUIRE(scope.births().size() == 1);
  CHECK(scope.births()[0].times == 3);
  check_contains(scope.report(), "seen 3 times");
}

TEST_CASE("health: looking at every node changes no bit of value or gradient",
          "[autograd][health]") {
  Parameter w("w", Rng(1).normal({20, 30}, DType::f32));
  const Tensor x = Rng(2).normal({10, 30}, DType::f32);
  const auto gradient = [&] {
    w.zero_grad();
    Tape tape;
    tape.backward(mean(softplus(linear(x, w)) * tanh(linear(x, w))));
    return w.grad().to_vector();
  };
  const std::vector<double> alone = gradient();
  const HealthScope scope(Health::nodes);
  CHECK(gradient() == alone);
  CHECK(scope.report() == "no NaN and no infinity was born\n");
}

TEST_CASE("health: the hint of a row reaches every op that can leave the finite numbers",
          "[autograd][health]") {
  for (const OpInfo* op : all_ops()) {
    if (!op->hint) continue;
    INFO(op->name);
    CHECK(std::string_view(op->hint).size() <= 100);
    CHECK(std::string_view(op->hint).back() != '.');
  }
}

TEST_CASE("health: a NaN where gradients meet, behind an op that keeps something for its gradient",
          "[autograd][health]") {
  const HealthScope scope(Health::collect);
  Parameter logits("logits", tensor({{std::nan(""), 0.5}, {0.2, -1.0}}));
  Tape tape;
  const Tensor x = tensor({{1.0, 0.0}, {1.0, 1.0}}), fine = tensor({0.0, 1.0});
  const Tensor each = bernoulli_log_prob(logits, x, 1);
  tape.backward(sum(where(greater(fine, 0.0), each, 0.0)));
  CHECK(scope.report().find("logits") != std::string::npos);
}
