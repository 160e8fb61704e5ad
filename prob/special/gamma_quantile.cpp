// Gamma(a, 1) through its distribution function P(a, x): the implicit reparameterisation of
// Figurnov, Mohamed and Mnih, Implicit reparameterization gradients, NeurIPS 2018: with P(a, x) = p
// held fixed,
//
//     dx/da = -(dP/da) / (dP/dx)
//
// and the same for log x, which stays representable when a is so small that x underflows.

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/custom_op.hpp"
#include "prob/special/functions.hpp"
#include "prob/special/incomplete_gamma.hpp"

namespace tapestry::prob {

namespace {

/// The sums of incomplete_gamma.cpp have as many terms as some ten roots of a.
constexpr Constraint kSummable{
    "at most 1e8, beyond which Gamma(a, 1) is Normal(a, sqrt(a)) to four digits", 0, 1e8, false,
    false};

Tensor forward_log_gamma_quantile(Inputs in) {
  check_values("log_gamma_quantile", "a", in[0], kSummable);
  return map([]<class T>(T a, T p) { return static_cast<T>(log_gamma_quantile(a, p)); }, in[0],
             in[1]);
}

void back_log_gamma_quantile(BackwardCtx& c) {
  const Tensor &a = c.in(0), &y = c.out(), &dy = c.dout();
  const auto da = []<class T>(T ai, T yi, T d) {
    return static_cast<T>(d * incomplete_gamma(ai, yi).slope);
  };
  const auto dp = []<class T>(T ai, T yi, T d) {
    return static_cast<T>(d * std::exp(-incomplete_gamma(ai, yi).log_density));
  };
  if (c.wants(0)) c.accumulate(0, map(da, a, y, dy));
  if (c.wants(1)) c.accumulate(1, map(dp, a, y, dy));
}

Tensor forward_gamma_cdf(Inputs in) {
  check_values("gamma_cdf", "a", in[0], kSummable);
  return map(
      []<class T>(T a, T x) {
        return static_cast<T>(std::exp(incomplete_gamma(a, std::log(double{x})).log_p));
      },
      in[0], in[1]);
}

void back_gamma_cdf(BackwardCtx& c) {
  const Tensor &a = c.in(0), &x = c.in(1), &dout = c.dout();
  const auto da = []<class T>(T ai, T xi, T d) {
    const IncompleteGamma g = incomplete_gamma(ai, std::log(double{xi}));
    return static_cast<T>(-d * g.slope * std::exp(g.log_density));
  };
  const auto dx = []<class T>(T ai, T xi, T d) {
    return static_cast<T>(d * std::exp(incomplete_gamma(ai, std::log(double{xi})).log_density) /
                          xi);
  };
  if (c.wants(0)) c.accumulate(0, map(da, a, x, dout));
  if (c.wants(1)) c.accumulate(1, map(dx, a, x, dout));
}

std::vector<TestInput> test_inputs_log_gamma_quantile() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({0.05, 0.6, 1.0, 2.0, 7.5, 40.0, 3.0}),
            tensor({0.3, 0.9, 0.5, 0.02, 0.7, 0.4, 0.999})}},
          {{zeros({0}), zeros({0})}}};
}

std::vector<TestInput> test_inputs_gamma_cdf() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({0.3, 0.6, 1.0, 2.0, 7.5, 40.0, 3.0}),
            tensor({0.1, 2.0, 0.7, 0.2, 9.0, 38.0, 11.0})}},
          {{zeros({0}), zeros({0})}}};
}

}  // namespace

extern const OpInfo kLogGammaQuantile{
    .name = "log_gamma_quantile",
    .args = "a, p",
    .formula = "y = log x with P(a, x) = p",
    .gradient = "da -= dy * (dP/da) / (x dP/dx); dp += dy / (x dP/dx)",
    .forward = forward_log_gamma_quantile,
    .backward = back_log_gamma_quantile,
    .saves = kSaveIn0 | kSaveOutput,
    .test_inputs = test_inputs_log_gamma_quantile,
};
extern const OpInfo kGammaCdf{
    .name = "gamma_cdf",
    .args = "a, x",
    .formula = "p = P(a, x)",
    .gradient = "da += dp * dP/da; dx += dp * x^(a-1) exp(-x) / Gamma(a)",
    .forward = forward_gamma_cdf,
    .backward = back_gamma_cdf,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs_gamma_cdf,
};

Tensor log_gamma_quantile(Arg a, Arg p) { return apply(kLogGammaQuantile, {a, p}); }
Tensor gamma_cdf(Arg a, Arg x) { return apply(kGammaCdf, {a, x}); }

}  // namespace tapestry::prob
