// x with F(x) = p for the density proportional to exp(l x) on [0, 1]: how it is sampled, with the
// gradient that makes the sample differentiable in l.

#include <cmath>

#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "prob/special.hpp"

namespace tapestry::prob {

namespace {

constexpr double kSeriesBelow = 1e-3;  // of slope_in_logit; the others lose no digits near l = 0

/// F(x) = expm1(l x) / expm1(l), solved for x.
double quantile(double l, double p) {
  if (l == 0) return p;
  if (l < 700) return std::log1p(p * std::expm1(l)) / l;
  return 1 + std::log(p + (1 - p) * std::exp(-l)) / l;  // expm1(l) would overflow
}

/// dx/dl = -(dF/dl) / F'(x) = (expm1(-l x) / expm1(-l) - x) / l
double slope_in_logit(double l, double x) {
  if (l < 0) return slope_in_logit(-l, 1 - x);
  if (l < kSeriesBelow)
    return x * (1 - x) / 2 * (1 + l * (1 - 2 * x) / 6 - l * l * x * (1 - x) / 12);
  return (std::expm1(-l * x) / std::expm1(-l) - x) / l;
}

/// dx/dp = 1 / F'(x) = expm1(l) / (l exp(l x))
double slope_in_p(double l, double x) {
  if (l < 0) return slope_in_p(-l, 1 - x);
  if (l == 0) return 1;
  return -std::expm1(-l) / l * std::exp(l * (1 - x));
}

Tensor forward(Inputs in, const Attrs&, Tensor*) {
  return map([]<class T>(T l, T p) { return static_cast<T>(quantile(l, p)); }, in[0], in[1]);
}

void back_continuous_bernoulli_quantile(BackwardCtx& ctx) {
  const Tensor &l = ctx.in(0), &x = ctx.out(), &dx = ctx.dout();
  if (ctx.wants(0))
    ctx.accumulate(
        0, map([]<class T>(T li, T xi, T d) { return static_cast<T>(d * slope_in_logit(li, xi)); },
               l, x, dx));
  if (ctx.wants(1))
    ctx.accumulate(
        1, map([]<class T>(T li, T xi, T d) { return static_cast<T>(d * slope_in_p(li, xi)); }, l,
               x, dx));
}

std::vector<Sample> samples() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({-7.0, -0.6, -1e-4, 2e-4, 0.02, 3.0, 9.0}),
            tensor({0.9, 0.3, 0.2, 0.8, 0.5, 0.1, 0.6})}},
          {{zeros({0}), zeros({0})}}};
}

}  // namespace

extern const OpInfo kContinuousBernoulliQuantile{
    "continuous_bernoulli_quantile",
    "logits, p",
    "x with expm1(l x) / expm1(l) = p",
    "dl += dx * (expm1(-l x) / expm1(-l) - x) / l; dp += dx * expm1(l) / (l exp(l x))",
    forward,
    back_continuous_bernoulli_quantile,
    kSaveIn0 | kSaveOutput,
    samples};

Tensor continuous_bernoulli_quantile(Arg logits, Arg p) {
  return apply(kContinuousBernoulliQuantile, {logits, p});
}

}  // namespace tapestry::prob
