#include "prob/special/bessel.hpp"

#include <cmath>

#include "autograd/custom_op.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

namespace {

constexpr double kNegligible = 1e-18;  // terms below this fraction of the largest one end the sum

/// Sums over the terms, in units of the one at `from`, of t, t (k - from), t g and t g (k - from), where g + 1/(v + from + 1)
/// is 1/(v + k + 1).
struct Sums {
  double order, from;
  double rest = 0, k1 = 0, g1 = 0, gk = 0;  // `rest` without the term 1 of `from` itself

  void add(double k, double t) {
    const double away = k - from, g = -away / ((order + k + 1) * (order + from + 1));
    rest += t;
    k1 += t * away;
    g1 += t * g;
    gk += t * g * away;
  }
};

}  // namespace

BesselSeries bessel_series(double v, double x) {
  const double q = x * x / 4;
  const double from = std::floor(2 * q / (v + std::hypot(v, x)));  // where t_k = t_{k+1}
  Sums s{v, x > 0 ? from : 0};
  double t = 1;
  for (double k = s.from + 1; x > 0 && t > kNegligible; ++k) s.add(k, t *= q / (k * (v + k)));
  t = 1;
  for (double k = s.from; k > 0 && t > kNegligible; --k) s.add(k - 1, t *= k * (v + k) / q);
  const double total = 1 + s.rest, g = s.g1 / total + 1 / (v + s.from + 1);
  const double covariance = s.gk / total - s.g1 / total * (s.k1 / total);
  double log_largest = 0;
  if (s.from > 0)
    log_largest = s.from * std::log(q) - math::lgamma(s.from + 1) -
                  (math::lgamma(v + s.from + 1) - math::lgamma(v + 1));
  return {.log_series = log_largest + std::log1p(s.rest),
          .ratio = x / 2 * g,
          .slope = g / 2 + covariance};
}

namespace {

Tensor forward_log_bessel_series(Inputs in, const Attrs& a) {
  const double v = a.f[0];
  return map([v]<class T>(T x) { return static_cast<T>(bessel_series(v, x).log_series); }, in[0]);
}
void back_log_bessel_series(BackwardCtx& c) {
  const double v = c.attrs().f[0];
  const auto dx = [v]<class T>(T x, T d) { return static_cast<T>(d * bessel_series(v, x).ratio); };
  c.accumulate(0, map(dx, c.in(0), c.dout()));
}

Tensor forward_bessel_ratio(Inputs in, const Attrs& a) {
  const double v = a.f[0];
  return map([v]<class T>(T x) { return static_cast<T>(bessel_series(v, x).ratio); }, in[0]);
}
void back_bessel_ratio(BackwardCtx& c) {
  const double v = c.attrs().f[0];
  const auto dx = [v]<class T>(T x, T d) { return static_cast<T>(d * bessel_series(v, x).slope); };
  c.accumulate(0, map(dx, c.in(0), c.dout()));
}

Tensor forward_bessel_slope(Inputs in, const Attrs& a) {
  const double v = a.f[0];
  return map([v]<class T>(T x) { return static_cast<T>(bessel_series(v, x).slope); }, in[0]);
}
void back_bessel_slope(BackwardCtx& c) {
  const double v = c.attrs().f[0];
  const auto dx = [v]<class T>(T x, T d) {
    const BesselSeries b = bessel_series(v, x);
    const double of_last = x > 0 ? (2 * v + 1) / x * (b.slope - b.ratio / x) : 0;
    return static_cast<T>(d * (-2 * b.ratio * b.slope - of_last));
  };
  c.accumulate(0, map(dx, c.in(0), c.dout()));
}

std::vector<TestInput> test_inputs_bessel() {
  const DTypeScope f64(DType::f64);
  const Tensor x = tensor({0.01, 0.4, 1.0, 7.5, 40.0, 900.0});
  return {{{x}, {.f = {0.0}}}, {{x}, {.f = {4.5}}}, {{zeros({0, 2})}, {.f = {1.0}}}};
}

}  // namespace

extern const OpInfo kLogBesselSeries{
    .name = "log_bessel_series",
    .args = "x",
    .formula = "s = log(Gamma(v + 1) I_v(x) / (x/2)^v)",
    .gradient = "dx += ds * I_{v+1}(x) / I_v(x)",
    .forward = forward_log_bessel_series,
    .backward = back_log_bessel_series,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_bessel,
    .attributes = "order:f0",
};
extern const OpInfo kBesselRatio{
    .name = "bessel_ratio",
    .args = "x",
    .formula = "a = I_{v+1}(x) / I_v(x)",
    .gradient = "dx += da * (1 - a^2 - (2v + 1) a / x)",
    .forward = forward_bessel_ratio,
    .backward = back_bessel_ratio,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_bessel,
    .attributes = "order:f0",
};

extern const OpInfo kBesselSlope{
    .name = "bessel_slope",
    .args = "x",
    .formula = "s = 1 - a^2 - (2v + 1) a / x with a = I_{v+1}(x) / I_v(x)",
    .gradient = "dx += ds * (-2 a s - (2v + 1) (s / x - a / x^2))",
    .forward = forward_bessel_slope,
    .backward = back_bessel_slope,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_bessel,
    .attributes = "order:f0",
};

Tensor log_bessel_series(double order, Arg x) {
  return apply(kLogBesselSeries, {x}, {.f = {order}});
}
Tensor bessel_ratio(double order, Arg x) { return apply(kBesselRatio, {x}, {.f = {order}}); }
Tensor bessel_slope(double order, Arg x) { return apply(kBesselSlope, {x}, {.f = {order}}); }
Tensor log_bessel_i(double order, Arg x) {
  const Tensor at = as_tensor(x), series = log_bessel_series(order, at);
  if (order == 0) return series;
  return series + order * log(0.5 * at) - math::lgamma(order + 1);
}

}  // namespace tapestry::prob
