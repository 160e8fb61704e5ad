#include "autograd/kernels/math.hpp"

#include <functional>
#include <limits>
#include <vector>

#include "autograd/kernels/map.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/catch.hpp"

// The float functions against the same functions in double, over sweeps of all magnitudes. The loops
// of the ops are measured, not single calls: those are what the compiler turns into vector code.

namespace tapestry {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// The distance of neighbouring floats at the rounded true value. Denormals are flushed to 0, also on the
// way to a result: near the smallest normal number the distance is that number.
double ulp(double truth) {
  constexpr float kSmallest = std::numeric_limits<float>::min();
  const auto t = static_cast<float>(std::fabs(truth));
  if (t < 4 * kSmallest) return static_cast<double>(kSmallest);
  return static_cast<double>(std::nextafter(t, std::numeric_limits<float>::infinity())) -
         static_cast<double>(t);
}

// Every 997th bit pattern between two floats of the same sign: all magnitudes alike; of the denormals,
// which count as 0, there is 0 alone.
void add_patterns(std::vector<float>& out, float from, float to) {
  constexpr float kSmallest = std::numeric_limits<float>::min();
  if (from == 0) out.push_back(0);
  const auto a = std::bit_cast<std::uint32_t>(std::max(from, kSmallest)),
             b = std::bit_cast<std::uint32_t>(to);
  for (std::uint32_t bits = a; bits < b; bits += 997) out.push_back(std::bit_cast<float>(bits));
  out.push_back(to);
}

std::vector<float> all_magnitudes(double low, double high) {
  std::vector<float> x;
  if (high > 0) add_patterns(x, low > 0 ? static_cast<float>(low) : 0.0f, static_cast<float>(high));
  if (low < 0) {
    std::vector<float> negative;
    add_patterns(negative, high < 0 ? static_cast<float>(-high) : 0.0f, static_cast<float>(-low));
    for (const float v : negative) x.push_back(-v);
  }
  // And a dense walk through the middle, where most of the branches are.
  for (int i = -400000; i <= 400000; ++i) {
    const double v = i * 5e-5;
    if (v >= low && v <= high) x.push_back(static_cast<float>(v));
  }
  return x;
}

struct Worst {
  double error = 0;
  float at = 0;
};

Worst worst_ulps(Tensor (*op)(Arg), const std::function<double(double)>& exact,
                 const std::vector<float>& x) {
  Tensor in = Tensor::empty({static_cast<std::int64_t>(x.size())}, DType::f32);
  std::copy(x.begin(), x.end(), in.mutate<float>().begin());
  const Tensor y = op(in);
  Worst worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double truth = exact(static_cast<double>(x[i])),
                 got = static_cast<double>(y.view<float>()[i]);
    // An overflowing result is right when the true value rounds to infinity.
    if (std::fabs(truth) >= 3.4028235677973366e38) {
      if (got != std::copysign(kInf, truth)) return {kInf, x[i]};
      continue;
    }
    const double error = std::fabs(got - truth) / ulp(truth);
    if (std::isnan(error)) return {kInf, x[i]};
    if (error > worst.error) worst = {error, x[i]};
  }
  return worst;
}

void check_within_4_ulp(const char* name, Tensor (*op)(Arg),
                        const std::function<double(double)>& exact, double low, double high) {
  const Worst worst = worst_ulps(op, exact, all_magnitudes(low, high));
  INFO(name << ": " << worst.error << " ulp at " << fmt::format("{:.9g}", worst.at));
  CHECK(worst.error <= 4);
}

constexpr double kMax = 3.4028234663852886e38;

}  // namespace

TEST_CASE("f32 functions stay within 4 ulp over all magnitudes", "[autograd][math]") {
  check_within_4_ulp(
      "exp", exp, [](double x) { return std::exp(x); }, -kMax, kMax);
  check_within_4_ulp(
      "expm1", expm1, [](double x) { return std::expm1(x); }, -kMax, kMax);
  check_within_4_ulp(
      "log", log, [](double x) { return std::log(x); }, 1.2e-38, kMax);
  check_within_4_ulp(
      "log1p", log1p, [](double x) { return std::log1p(x); }, -0.99999994, kMax);
  check_within_4_ulp(
      "sqrt", sqrt, [](double x) { return std::sqrt(x); }, 0, kMax);
  check_within_4_ulp(
      "tanh", tanh, [](double x) { return std::tanh(x); }, -kMax, kMax);
  check_within_4_ulp(
      "sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -kMax, kMax);
  check_within_4_ulp(
      "softplus", softplus,
      [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); },
      -kMax, kMax);
  check_within_4_ulp(
      "log_sigmoid", log_sigmoid,
      [](double x) { return x < 0 ? x - std::log1p(std::exp(x)) : -std::log1p(std::exp(-x)); },
      -kMax, kMax);
  check_within_4_ulp(
      "erf", erf, [](double x) { return std::erf(x); }, -kMax, kMax);
  check_within_4_ulp(
      "sin", sin, [](double x) { return std::sin(x); }, -kMax, kMax);
  check_within_4_ulp(
      "cos", cos, [](double x) { return std::cos(x); }, -kMax, kMax);
}

TEST_CASE("f32 lgamma and digamma stay within 4 ulp", "[autograd][math]") {
  // Both go through double, so the claim holds next to the zeros too (lgamma 1 and 2, digamma 1.4616...
  // and one between every two negative integers): there the double result has lost relative, not
  // absolute, accuracy, but has 29 bits to lose.
  check_within_4_ulp(
      "lgamma", lgamma, [](double x) { return std::lgamma(x); }, 1e-45, kMax);
  check_within_4_ulp(
      "lgamma", lgamma, [](double x) { return std::lgamma(x); }, -20, -1e-45);
  // No C library function to compare with: the slope of lgamma in long double, good to 1e-11.
  const auto digamma_by_differences = [](double x) {
    const long double h = 1e-4L * static_cast<long double>(std::max(1.0, std::fabs(x)));
    const auto d = [&](long double s) {
      return (std::lgamma(static_cast<long double>(x) + s) -
              std::lgamma(static_cast<long double>(x) - s)) /
             (2 * s);
    };
    return static_cast<double>((4 * d(h / 2) - d(h)) / 3);
  };
  for (double x = 0.5; x < 60; x += 0.0137) {
    const double got = math::digamma(x);
    INFO("digamma at " << x);
    CHECK(std::fabs(got - digamma_by_differences(x)) <= 1e-10 * std::max(1.0, std::fabs(got)));
  }
}

TEST_CASE("digamma and trigamma: closed forms, reflection and recurrence", "[autograd][math]") {
  constexpr double kGamma = 0.57721566490153286, kPi = 3.14159265358979324;
  CHECK(math::digamma(1.0) == Approx(-kGamma).epsilon(1e-14));
  CHECK(math::digamma(0.5) == Approx(-kGamma - 2 * std::log(2.0)).epsilon(1e-14));
  CHECK(math::digamma(0.25) == Approx(-kGamma - kPi / 2 - 3 * std::log(2.0)).epsilon(1e-14));
  CHECK(math::trigamma(1.0) == Approx(kPi * kPi / 6).epsilon(1e-14));
  CHECK(math::trigamma(0.5) == Approx(kPi * kPi / 2).epsilon(1e-14));
  for (double x = -7.9137; x < 29; x += 0.3701) {
    INFO(x);
    CHECK(math::digamma(x + 1) == Approx(math::digamma(x) + 1 / x).epsilon(1e-12).margin(1e-12));
    CHECK(math::trigamma(x + 1) ==
          Approx(math::trigamma(x) - 1 / (x * x)).epsilon(1e-11).margin(1e-12));
    CHECK(math::digamma(1 - x) ==
          Approx(math::digamma(x) + kPi / std::tan(kPi * (x - std::floor(x))))
              .epsilon(1e-11)
              .margin(1e-11));
  }
}

TEST_CASE("digamma and trigamma keep their digits next to the poles", "[autograd][math]") {
  constexpr double kGamma = 0.57721566490153286, kZeta2 = 1.6449340668482264;
  for (const double d : {-1e-3, -1e-8, -1e-12, -1e-15, -1e-17, -1e-30, -1e-150, 1e-8, 1e-30}) {
    INFO("next to 0: " << d);
    if (std::abs(d) < 1e-4) {  // psi(d) = -1/d - gamma + zeta(2) d - ...
      CHECK(math::digamma(d) == Approx(-1 / d - kGamma + kZeta2 * d).epsilon(1e-14));
      CHECK(math::trigamma(d) == Approx(1 / (d * d) + kZeta2).epsilon(1e-14));
    }
    CHECK(math::digamma(d) == Approx(math::digamma(1 + d) - 1 / d).epsilon(1e-13));
  }
  for (const double d : {0x1p-20, -0x1p-20, 0x1p-40, -0x1p-40}) {
    INFO("next to -3: " << d);  // psi(-3 + d) = -1/d + psi(4) + ...
    CHECK(math::digamma(-3 + d) == Approx(-1 / d + 11.0 / 6 - kGamma).epsilon(1e-11));
    CHECK(math::trigamma(-3 + d) == Approx(1 / (d * d)).epsilon(1e-10));
  }
  CHECK(math::digamma(-1e-320) == kInf);
  Tape tape;
  const Tensor x = tape.watch(full({1}, -1e-20, DType::f32));
  tape.backward(sum(lgamma(x)));
  CHECK(tape.grad(x).at({0}) == Approx(1e20).epsilon(1e-6));
}

// The C library scales a denormal number before it takes its logarithm, which made 0 of it, and of log(0) -745.13.
TEST_CASE("f64 log and pow take a denormal number for 0", "[autograd][math]") {
  const Tensor x = tensor(std::vector{1e-310, -4e-320, 0.0}, {3}, DType::f64);
  for (const double y : log(x).to_vector()) CHECK(y == -kInf);
  const Tensor power = tensor(std::vector{0.37, 1.49, 2.0}, {3}, DType::f64);
  for (const double y : pow(x, power).to_vector()) CHECK(y == 0);
  for (const double y : pow(x, neg(power)).to_vector()) CHECK(y == kInf);
}

TEST_CASE("f32 functions at the ends of their domains", "[autograd][math]") {
  const auto at = [](Tensor (*op)(Arg), double x) {
    // Nine copies: a vector loop and its remainder.
    const Tensor y = op(full({9}, x, DType::f32));
    const double first = y.at({0}), last = y.at({8});
    CHECK((first == last || (std::isnan(first) && std::isnan(last))));
    return first;
  };
  CHECK(at(exp, 0) == 1);
  CHECK(at(exp, -0.0) == 1);
  CHECK(at(exp, kInf) == kInf);
  CHECK(at(exp, -kInf) == 0);
  CHECK(at(exp, 88.7) < kInf);
  CHECK(at(exp, 88.8) == kInf);
  CHECK(at(exp, -87.33) > 0);  // the smallest normal number, nearly
  CHECK(at(exp, -87.5) == 0);
  CHECK(at(expm1, kInf) == kInf);
  CHECK(at(expm1, 88.5) == Approx(std::expm1(88.5)).epsilon(1e-5));
  CHECK(at(expm1, 88.72) == Approx(std::expm1(static_cast<double>(88.72f))).epsilon(1e-6));
  CHECK(at(expm1, 88.8) == kInf);
  CHECK(at(expm1, -kInf) == -1);
  CHECK(at(log, 0) == -kInf);
  CHECK(at(log, -0.0) == -kInf);
  CHECK(std::isnan(at(log, -1)));
  CHECK(std::isnan(at(log, -kInf)));
  CHECK(at(log, kInf) == kInf);
  CHECK(at(log, 1) == 0);
  CHECK(at(log1p, -1) == -kInf);
  CHECK(std::isnan(at(log1p, -1.5)));
  CHECK(at(log1p, kInf) == kInf);
  CHECK(std::signbit(at(log1p, -0.0)));
  CHECK(std::isnan(at(sqrt, -1)));
  CHECK(at(sqrt, kInf) == kInf);
  CHECK(at(tanh, kInf) == 1);
  CHECK(at(tanh, -kInf) == -1);
  CHECK(std::signbit(at(tanh, -0.0)));
  CHECK(at(sigmoid, kInf) == 1);
  CHECK(at(sigmoid, -kInf) == 0);
  CHECK(at(sigmoid, 0) == 0.5);
  CHECK(at(softplus, kInf) == kInf);
  CHECK(at(softplus, -kInf) == 0);
  CHECK(at(log_sigmoid, kInf) == 0);
  CHECK(at(log_sigmoid, -kInf) == -kInf);
  CHECK(at(erf, kInf) == 1);
  CHECK(at(erf, -kInf) == -1);
  CHECK(std::isnan(at(sin, kInf)));
  CHECK(std::isnan(at(cos, kInf)));
  CHECK(at(lgamma, 0) == kInf);
  CHECK(at(lgamma, -2) == kInf);
  CHECK(at(lgamma, kInf) == kInf);
  CHECK(at(digamma, 0) == -kInf);
  CHECK(std::isnan(at(digamma, -1)));
  CHECK(at(digamma, kInf) == kInf);
}

}  // namespace tapestry
