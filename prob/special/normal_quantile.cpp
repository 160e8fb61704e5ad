// The distribution function of the standard normal distribution, and its inverse.

#include "prob/special/normal_quantile.hpp"

#include <cmath>
#include <numbers>

#include "autograd/custom_op.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

namespace {

double density(double x) {
  return std::exp(-0.5 * x * x) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
}

double distribution(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

/// x <= 0 with P(X <= x) = q for q <= 1/2.
double lower_quantile(double q) {
  // A rational start, good to 3e-3 (Abramowitz and Stegun, 26.2.22).
  const double t = std::sqrt(-2 * std::log(q));
  double x = (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t)) - t;
  // Halley's steps triple the number of correct digits.
  for (int step = 0; step < 3; ++step) {
    const double newton = (distribution(x) - q) / density(x);
    x -= newton / (1 + 0.5 * x * newton);
  }
  return x;
}

Tensor forward_normal_cdf(Inputs in) {
  return map([]<class T>(T x) { return static_cast<T>(distribution(x)); }, in[0]);
}

void back_normal_cdf(BackwardCtx& c) {
  c.accumulate(0, map([]<class T>(T x, T dp) { return static_cast<T>(dp * density(x)); }, c.in(0),
                      c.dout()));
}

std::vector<TestInput> test_inputs_normal_cdf() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({-5.0, -1.3, 0.0, 0.2, 2.5})}}, {{zeros({2, 0})}}};
}

Tensor forward_normal_quantile(Inputs in) {
  return map([]<class T>(T p) { return static_cast<T>(standard_normal_quantile(p)); }, in[0]);
}

void back_normal_quantile(BackwardCtx& c) {
  c.accumulate(0, map([]<class T>(T x, T dx) { return static_cast<T>(dx / density(x)); }, c.out(),
                      c.dout()));
}

std::vector<TestInput> test_inputs_normal_quantile() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({1e-3, 0.02, 0.3, 0.5, 0.77, 0.98, 0.9995})}}, {{zeros({2, 0})}}};
}

}  // namespace

extern const OpInfo kNormalCdf{
    .name = "normal_cdf",
    .args = "x",
    .formula = "p = Phi(x)",
    .gradient = "dx += dp * phi(x)",
    .forward = forward_normal_cdf,
    .backward = back_normal_cdf,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_normal_cdf,
};
extern const OpInfo kNormalQuantile{
    .name = "normal_quantile",
    .args = "p",
    .formula = "x with Phi(x) = p",
    .gradient = "dp += dx / phi(x)",
    .forward = forward_normal_quantile,
    .backward = back_normal_quantile,
    .saves = kSaveOutput,
    .test_inputs = test_inputs_normal_quantile,
};

double standard_normal_quantile(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
  return p <= 0.5 ? lower_quantile(p) : -lower_quantile(1 - p);
}

Tensor normal_cdf(Arg x) { return apply(kNormalCdf, {x}); }
Tensor normal_quantile(Arg p) { return apply(kNormalQuantile, {p}); }

}  // namespace tapestry::prob
