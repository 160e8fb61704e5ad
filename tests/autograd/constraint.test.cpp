// Checks of arguments: what passes, and what the message says of what does not.

#include "autograd/constraint.hpp"

#include <limits>
#include <string>

#include "autograd/kernels/denormals.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

using namespace tapestry;

namespace {

std::string refusal(const auto& fn) {  // its first line: what is wrong
  try {
    fn();
  } catch (const Error& e) {
    const std::string text = e.what();
    return text.substr(0, text.find('\n'));
  }
  return "accepted";
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("constraints are intervals, open or closed, and NaN lies in none", "[constraint]") {
  const auto accepts = [](const Constraint& c, double x) {
    return refusal([&] { check_value("f", "x", x, c); }) == "accepted";
  };
  for (const Constraint& c : {kFinite, kPositive, kNonNegative, kUnitInterval, kCount}) {
    CHECK(accepts(c, 1));
    CHECK(!accepts(c, kNan));
    CHECK(!accepts(c, kInfinity));
  }
  CHECK(!accepts(kPositive, 0));
  CHECK(accepts(kPositive, 1e-300));
  CHECK(accepts(kNonNegative, 0));
  CHECK(!accepts(kNonNegative, -1e-300));
  CHECK(!accepts(kOpenUnitInterval, 1));
  CHECK(accepts(kOpenUnitInterval, 0.5));
  CHECK(!accepts(kCount, 1.5));
}

TEST_CASE("a value that breaks a constraint is named with its place", "[constraint]") {
  const Tensor x = tensor({{1, 2}, {-3, 4}});
  CHECK(refusal([&] { check_values("f", "rate", x, kPositive); }) ==
        "tapestry: f: rate must be positive, but rate[1,0] = -3");
  CHECK(refusal([&] { check_sums("f", "probs", x, 1); }) ==
        "tapestry: f: probs must sum to 1 over its last axis, but probs[0] sums to 3");
  CHECK(refusal([&] { check_classes("f", "label", x, 3); }) ==
        "tapestry: f: label holds class numbers and must be i32, but is f32");
  CHECK(refusal([&] { check_cholesky_factor("f", "l", x); }) ==
        "tapestry: f: l must be lower triangular with a positive diagonal and finite, but l[0,1] = "
        "2");
}

TEST_CASE("one bad value among many is found, whichever thread meets it", "[constraint][threads]") {
  const test::KeepThreads keep;
  const std::int64_t n = 5 * kGrain;
  for (const int threads : {1, 2}) {
    set_threads(threads);
    for (const std::int64_t bad : {std::int64_t{0}, n / 2, n - 1}) {
      CAPTURE(threads, bad);
      Tensor x = full({n}, 1e-40, DType::f32);  // denormal, and positive all the same
      CHECK(refusal([&] { check_values("f", "rate", x, kPositive); }) == "accepted");
      CHECK(refusal([&] { check_values("f", "rate", x, kCount); }) != "accepted");
      x.mutate<float>()[static_cast<std::size_t>(bad)] = -1e-40f;
      CHECK(refusal([&] {
              check_values("f", "rate", x, kNonNegative);
            }).find(fmt::format("but rate[{}] = -1e-40", bad)) != std::string::npos);
      {
        const FlushDenormals flush;  // as in an op that checks
        CHECK(refusal([&] { check_values("f", "rate", x, kNonNegative); }) != "accepted");
      }
      x.mutate<float>()[static_cast<std::size_t>(bad)] = -1;
      CHECK(refusal([&] {
              check_values("f", "rate", x, kPositive);
            }).find(fmt::format("but rate[{}] = -1", bad)) != std::string::npos);
      x.mutate<float>()[static_cast<std::size_t>(bad)] = std::numeric_limits<float>::quiet_NaN();
      CHECK(refusal([&] {
              check_values("f", "rate", x, kFinite);
            }).find(fmt::format("but rate[{}] = nan", bad)) != std::string::npos);
    }
  }
}
