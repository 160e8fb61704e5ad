// The density proportional to exp(l x) on [0, 1]: F(x), and x with F(x) = p, which is how it is
// sampled, with the gradient that makes the sample differentiable in l.

#include <algorithm>
#include <cmath>

#include "autograd/custom_op.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

namespace {

constexpr double kSmallLogit = 1e-3;  // of slope_in_logit; the others lose no digits near l = 0

/// F(x) = expm1(l x) / expm1(l); for l > 0 with exp(l) taken out, which would overflow.
double distribution(double l, double x) {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (l == 0) return x;
  const double a = std::abs(l), ratio = std::expm1(-a * x) / std::expm1(-a);
  return l < 0 ? ratio : std::exp(a * (x - 1)) * ratio;
}

/// F(x) = expm1(l x) / expm1(l), solved for x.
double continuous_quantile(double l, double p) {
  if (l == 0 || p == 0 || p == 1) return p;
  double x;
  if (l < 0 && p > 0.5)
    x = std::log((1 - p) + p * std::exp(l)) / l;  // p expm1(l) would be rounded to -1
  else if (l < 700)
    x = std::log1p(p * std::expm1(l)) / l;
  else
    x = 1 + std::log(p + (1 - p) * std::exp(-l)) / l;  // expm1(l) would overflow
  return std::clamp(x, 0.0, 1.0);
}

/// dx/dl = -(dF/dl) / F'(x) = (expm1(-l x) / expm1(-l) - x) / l
double slope_in_logit(double l, double x) {
  if (l < 0) return slope_in_logit(-l, 1 - x);
  if (l < kSmallLogit)
    return x * (1 - x) / 2 * (1 + l * (1 - 2 * x) / 6 - l * l * x * (1 - x) / 12);
  return (std::expm1(-l * x) / std::expm1(-l) - x) / l;
}

/// dx/dp = 1 / F'(x) = expm1(l) / (l exp(l x))
double slope_in_p(double l, double x) {
  if (l < 0) return slope_in_p(-l, 1 - x);
  if (l == 0) return 1;
  return -std::expm1(-l) / l * std::exp(l * (1 - x));
}

Tensor forward_continuous_bernoulli_quantile(Inputs in) {
  return map([]<class T>(T l, T p) { return static_cast<T>(continuous_quantile(l, p)); }, in[0],
             in[1]);
}

void back_continuous_bernoulli_quantile(BackwardCtx& c) {
  const Tensor &l = c.in(0), &x = c.out(), &dx = c.dout();
  if (c.wants(0))
    c.accumulate(
        0, map([]<class T>(T li, T xi, T d) { return static_cast<T>(d * slope_in_logit(li, xi)); },
               l, x, dx));
  if (c.wants(1))
    c.accumulate(
        1, map([]<class T>(T li, T xi, T d) { return static_cast<T>(d * slope_in_p(li, xi)); }, l,
               x, dx));
}

// dF/dx is the density, 1 / slope_in_p, and dF/dl follows from dx/dl at fixed F; both are 0 outside.
double density(double l, double x) { return x < 0 || x > 1 ? 0 : 1 / slope_in_p(l, x); }

Tensor forward_continuous_bernoulli_cdf(Inputs in) {
  return map([]<class T>(T l, T x) { return static_cast<T>(distribution(l, x)); }, in[0], in[1]);
}

void back_continuous_bernoulli_cdf(BackwardCtx& c) {
  const auto pull = [&](int operand, auto slope) {
    if (!c.wants(operand)) return;
    c.accumulate(operand,
                 map([slope]<class T>(T l, T x, T d) { return static_cast<T>(d * slope(l, x)); },
                     c.in(0), c.in(1), c.dout()));
  };
  pull(0, [](double l, double x) { return -slope_in_logit(l, x) * density(l, x); });
  pull(1, density);
}

std::vector<TestInput> test_inputs_continuous_bernoulli() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({-7.0, -0.6, -1e-4, 2e-4, 0.02, 3.0, 9.0}),
            tensor({0.9, 0.3, 0.2, 0.8, 0.5, 0.1, 0.6})}},
          {{zeros({0}), zeros({0})}}};
}

}  // namespace

extern const OpInfo kContinuousBernoulliQuantile{
    .name = "continuous_bernoulli_quantile",
    .args = "logits, p",
    .formula = "x with expm1(l x) / expm1(l) = p",
    .gradient = "dl += dx * (expm1(-l x) / expm1(-l) - x) / l; dp += dx * expm1(l) / (l exp(l x))",
    .forward = forward_continuous_bernoulli_quantile,
    .backward = back_continuous_bernoulli_quantile,
    .saves = kSaveIn0 | kSaveOutput,
    .test_inputs = test_inputs_continuous_bernoulli,
};

extern const OpInfo kContinuousBernoulliCdf{
    .name = "continuous_bernoulli_cdf",
    .args = "logits, x",
    .formula = "F = expm1(l x) / expm1(l)",
    .gradient =
        "dx += dF * l exp(l x) / expm1(l); dl += dF * (x - "
        "expm1(-l x) / expm1(-l)) exp(l x) / expm1(l)",
    .forward = forward_continuous_bernoulli_cdf,
    .backward = back_continuous_bernoulli_cdf,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs_continuous_bernoulli,
};

Tensor continuous_bernoulli_cdf(Arg logits, Arg x) {
  return apply(kContinuousBernoulliCdf, {logits, x});
}
Tensor continuous_bernoulli_quantile(Arg logits, Arg p) {
  return apply(kContinuousBernoulliQuantile, {logits, p});
}

}  // namespace tapestry::prob
