// Densities and entropies with gamma functions in them, as ops: what is a difference of large terms is
// computed in double and from one formula (stirling.hpp), so that f32 keeps its digits.

#include <cmath>
#include <numbers>

#include "autograd/backward.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/kernels/reduce.hpp"
#include "prob/special/functions.hpp"
#include "prob/special/stirling.hpp"

namespace tapestry::prob {

namespace {

using math::digamma, math::trigamma;

/// f of the operands, broadcast; f computes in double.
template <class F, class... Operands>
Tensor map_double(F f, const Shape& shape, const Operands&... in) {
  return map([f](auto... x) { return static_cast<std::common_type_t<decltype(x)...>>(f(x...)); },
             expand(in, shape)...);
}

/// dx_i += dy * slope(operands), if x_i wants it.
template <class Slope, class... Operands>
void add_slope(BackwardCtx& c, int i, Slope slope, const Operands&... in) {
  if (!c.wants(i)) return;
  const auto times = [slope](double dy, auto... x) { return dy * slope(double{x}...); };
  c.accumulate(i, sum_to(map_double(times, c.dout().shape(), c.dout(), in...), c.in(i).shape()));
}

// log_beta -----------------------------------------------------------------------------------------

Tensor forward_log_beta(Inputs in) {
  return map_double([](double a, double b) { return log_beta(a, b); },
                    broadcast(in[0].shape(), in[1].shape()), in[0], in[1]);
}
void back_log_beta(BackwardCtx& c) {
  const auto slope = [](double a, double b) { return -digamma_step(a, b); };
  add_slope(c, 0, slope, c.in(0), c.in(1));
  add_slope(c, 1, slope, c.in(1), c.in(0));
}
std::vector<TestInput> test_inputs_log_beta() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({0.3, 2.0, 30.0, 4.0, 800.0}), tensor({0.7, 11.0, 25.0, 40.0, 0.5})}},
          {{tensor(3.0), tensor({0.5, 12.0}).with_shape({2, 1})}},
          {{zeros({0}), tensor(1.0)}}};
}

// gamma_log_density --------------------------------------------------------------------------------

Tensor forward_gamma_log_density(Inputs in) {
  const Shape shape = broadcast(broadcast(in[0].shape(), in[1].shape()), in[2].shape());
  return map_double([](double a, double rate, double x) { return gamma_log_density(a, rate, x); },
                    shape, in[0], in[1], in[2]);
}
void back_gamma_log_density(BackwardCtx& c) {
  const Tensor &a = c.in(0), &rate = c.in(1), &x = c.in(2);
  add_slope(
      c, 0, [](double ai, double r, double xi) { return std::log(r) + std::log(xi) - digamma(ai); },
      a, rate, x);
  add_slope(
      c, 1, [](double ai, double r, double xi) { return (ai - r * xi) / r; }, a, rate, x);
  add_slope(
      c, 2, [](double ai, double r, double xi) { return (ai - 1 - r * xi) / xi; }, a, rate, x);
}
std::vector<TestInput> test_inputs_gamma_log_density() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({0.3, 2.0, 30.0, 400.0}), tensor({0.7, 1.0, 2.0, 5.0}),
            tensor({0.2, 3.0, 11.0, 85.0})}},
          {{tensor(12.0), tensor({2.0, 0.5}).with_shape({2, 1}), tensor({1.0, 7.0, 40.0})}},
          {{tensor(1.0), tensor(1.0), zeros({0})}}};
}

// beta_log_density ---------------------------------------------------------------------------------

Tensor forward_beta_log_density(Inputs in) {
  const Shape shape = broadcast(broadcast(in[0].shape(), in[1].shape()), in[2].shape());
  return map_double([](double a, double b, double x) { return beta_log_density(a, b, x); }, shape,
                    in[0], in[1], in[2]);
}
void back_beta_log_density(BackwardCtx& c) {
  const Tensor &a = c.in(0), &b = c.in(1), &x = c.in(2);
  add_slope(
      c, 0, [](double ai, double bi, double xi) { return std::log(xi) + digamma_step(ai, bi); }, a,
      b, x);
  add_slope(
      c, 1, [](double ai, double bi, double xi) { return std::log1p(-xi) + digamma_step(bi, ai); },
      a, b, x);
  add_slope(
      c, 2, [](double ai, double bi, double xi) { return (ai - 1) / xi - (bi - 1) / (1 - xi); }, a,
      b, x);
}
std::vector<TestInput> test_inputs_beta_log_density() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({0.3, 2.0, 30.0, 400.0}), tensor({0.7, 11.0, 50.0, 300.0}),
            tensor({0.2, 0.3, 0.4, 0.6})}},
          {{tensor(12.0), tensor({20.0, 0.5}).with_shape({2, 1}), tensor({0.1, 0.4, 0.9})}},
          {{tensor(1.0), tensor(1.0), zeros({0})}}};
}

// entropies ----------------------------------------------------------------------------------------

Tensor forward_gamma_entropy(Inputs in) {
  return map_double([](double a) { return gamma_entropy(a); }, in[0].shape(), in[0]);
}
void back_gamma_entropy(BackwardCtx& c) {
  add_slope(
      c, 0, [](double a) { return 1 + (1 - a) * trigamma(a); }, c.in(0));
}

Tensor forward_student_t_entropy(Inputs in) {
  return map_double([](double v) { return student_t_entropy(v); }, in[0].shape(), in[0]);
}
void back_student_t_entropy(BackwardCtx& c) {
  add_slope(
      c, 0,
      [](double v) { return 0.25 * (v + 1) * (trigamma((v + 1) / 2) - trigamma(v / 2)) + 0.5 / v; },
      c.in(0));
}
std::vector<TestInput> test_inputs_entropy() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({0.3, 2.0, 9.0, 30.0, 400.0})}}, {{zeros({0})}}};
}

Tensor forward_beta_entropy(Inputs in) {
  return map_double([](double a, double b) { return beta_entropy(a, b); },
                    broadcast(in[0].shape(), in[1].shape()), in[0], in[1]);
}
void back_beta_entropy(BackwardCtx& c) {
  const auto slope = [](double a, double b) {
    return (a + b - 2) * trigamma(a + b) - (a - 1) * trigamma(a);
  };
  add_slope(c, 0, slope, c.in(0), c.in(1));
  add_slope(c, 1, slope, c.in(1), c.in(0));
}

// gamma_kl -----------------------------------------------------------------------------------------

Tensor forward_gamma_kl(Inputs in, const Attrs&, Tensor* aux) {
  if (aux) *aux = in[3];  // a row saves three inputs
  const Shape shape =
      broadcast(broadcast(in[0].shape(), in[1].shape()), broadcast(in[2].shape(), in[3].shape()));
  const auto value = [](double a, double rate, double b, double rate_b) {
    return gamma_kl({a, rate}, {b, rate_b});
  };
  return map_double(value, shape, in[0], in[1], in[2], in[3]);
}
void back_gamma_kl(BackwardCtx& c) {
  const auto da = [](double a, double rate, double b, double rate_b) {
    return (rate_b - rate) / rate - (b - a) * trigamma(a);
  };
  const auto drate = [](double a, double rate, double b, double rate_b) {
    return (b - a * rate_b / rate) / rate;
  };
  const auto db = [](double a, double rate, double b, double rate_b) {
    return digamma_step(a, b - a) - std::log(rate_b / rate);
  };
  const auto drate_b = [](double a, double rate, double b, double rate_b) {
    return a / rate - b / rate_b;
  };
  add_slope(c, 0, da, c.in(0), c.in(1), c.in(2), c.aux());
  add_slope(c, 1, drate, c.in(0), c.in(1), c.in(2), c.aux());
  add_slope(c, 2, db, c.in(0), c.in(1), c.in(2), c.aux());
  add_slope(c, 3, drate_b, c.in(0), c.in(1), c.in(2), c.aux());
}
std::vector<TestInput> test_inputs_gamma_kl() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({0.3, 2.0, 30.0, 400.0}), tensor({0.7, 1.0, 2.0, 5.0}),
            tensor({0.5, 12.0, 20.0, 410.0}), tensor({0.2, 3.0, 1.5, 4.0})}},
          {{tensor(12.0), tensor({2.0, 0.5}).with_shape({2, 1}), tensor({11.0, 7.0, 40.0}),
            tensor(1.0)}},
          {{tensor(1.0), tensor(1.0), zeros({0}), tensor(1.0)}}};
}

// gumbel_kl ----------------------------------------------------------------------------------------

/// With r = a / b and c = d / b, q is Gumbel(d, a) beside p, Gumbel(0, b): E_q[z_p] = c + gamma r and
/// E_q[exp(-z_p)] = exp(-c) Gamma(1 + r). The two slopes in b of the latter overflow with opposite signs,
/// which is why the divergence is one op.
struct GumbelPair {
  double r, c, cross;  ///< cross = exp(-c) Gamma(1 + r)
  GumbelPair(double a, double d, double b)
      : r(a / b), c(d / b), cross(std::exp(math::lgamma(1 + r) - c)) {}
};
constexpr double kGamma = std::numbers::egamma;

Tensor forward_gumbel_kl(Inputs in) {
  const Shape shape = broadcast(broadcast(in[0].shape(), in[1].shape()), in[2].shape());
  const auto value = [](double a, double d, double b) {
    const GumbelPair g(a, d, b);
    return g.c + kGamma * g.r + g.cross - 2 * std::log(std::sqrt(a) / std::sqrt(b)) - 1 - kGamma;
  };
  return map_double(value, shape, in[0], in[1], in[2]);
}
void back_gumbel_kl(BackwardCtx& c) {
  const auto da = [](double a, double d, double b) {
    const GumbelPair g(a, d, b);
    return (kGamma + g.cross * digamma(1 + g.r)) / b - 1 / a;
  };
  const auto dd = [](double a, double d, double b) { return (1 - GumbelPair(a, d, b).cross) / b; };
  const auto db = [](double a, double d, double b) {
    const GumbelPair g(a, d, b);
    return (1 - g.c - kGamma * g.r - g.cross * (g.r * digamma(1 + g.r) - g.c)) / b;
  };
  add_slope(c, 0, da, c.in(0), c.in(1), c.in(2));
  add_slope(c, 1, dd, c.in(0), c.in(1), c.in(2));
  add_slope(c, 2, db, c.in(0), c.in(1), c.in(2));
}
std::vector<TestInput> test_inputs_gumbel_kl() {
  const DTypeScope f64(DType::f64);
  return {{{tensor({0.3, 2.0, 1.0}), tensor({-0.7, 1.0, 0.0}), tensor({0.2, 3.0, 1.0})}},
          {{tensor(1.2), tensor({0.5, -0.5}), tensor({2.0, 0.5}).with_shape({2, 1})}},
          {{tensor(1.0), tensor(1.0), zeros({0})}}};
}

}  // namespace

extern const OpInfo kLogBeta{
    .name = "log_beta",
    .args = "a, b",
    .formula = "y = ln (Gamma(a) Gamma(b) / Gamma(a + b))",
    .gradient = "da += dy * (digamma(a) - digamma(a + b)), db likewise",
    .forward = forward_log_beta,
    .backward = back_log_beta,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs_log_beta,
};
extern const OpInfo kGammaLogDensity{
    .name = "gamma_log_density",
    .args = "a, rate, x",
    .formula = "y = a ln rate + (a - 1) ln x - rate x - lgamma(a)",
    .gradient =
        "da += dy * (ln(rate x) - digamma(a)), drate += dy * (a/rate - x), "
        "dx += dy * ((a - 1)/x - rate)",
    .forward = forward_gamma_log_density,
    .backward = back_gamma_log_density,
    .saves = kSaveInputs,
    .test_inputs = test_inputs_gamma_log_density,
};
extern const OpInfo kBetaLogDensity{
    .name = "beta_log_density",
    .args = "a, b, x",
    .formula = "y = (a - 1) ln x + (b - 1) ln(1 - x) - log_beta(a, b)",
    .gradient =
        "da += dy * (ln x - digamma(a) + digamma(a + b)), "
        "db += dy * (ln(1 - x) - digamma(b) + digamma(a + b)), "
        "dx += dy * ((a - 1)/x - (b - 1)/(1 - x))",
    .forward = forward_beta_log_density,
    .backward = back_beta_log_density,
    .saves = kSaveInputs,
    .test_inputs = test_inputs_beta_log_density,
};
extern const OpInfo kGammaEntropy{
    .name = "gamma_entropy",
    .args = "a",
    .formula = "y = a + lgamma(a) + (1 - a) digamma(a)",
    .gradient = "da += dy * (1 + (1 - a) trigamma(a))",
    .forward = forward_gamma_entropy,
    .backward = back_gamma_entropy,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_entropy,
};
extern const OpInfo kStudentTEntropy{
    .name = "student_t_entropy",
    .args = "v",
    .formula = "y = (v+1)/2 (digamma((v+1)/2) - digamma(v/2)) + log_beta(v/2, 1/2) + ln(v)/2",
    .gradient = "dv += dy * ((v+1)/4 (trigamma((v+1)/2) - trigamma(v/2)) + 1/(2v))",
    .forward = forward_student_t_entropy,
    .backward = back_student_t_entropy,
    .saves = kSaveIn0,
    .test_inputs = test_inputs_entropy,
};
extern const OpInfo kBetaEntropy{
    .name = "beta_entropy",
    .args = "a, b",
    .formula =
        "y = log_beta(a, b) - (a - 1) digamma(a) - (b - 1) digamma(b) + (a + b - 2) digamma(a + b)",
    .gradient = "da += dy * ((a + b - 2) trigamma(a + b) - (a - 1) trigamma(a)), db likewise",
    .forward = forward_beta_entropy,
    .backward = back_beta_entropy,
    .saves = kSaveIn0 | kSaveIn1,
    .test_inputs = test_inputs_log_beta,
};
extern const OpInfo kGammaKl{
    .name = "gamma_kl",
    .args = "a, rate, b, rate_b",
    .formula =
        "y = lgamma(b) - lgamma(a) - (b - a) digamma(a) + a (r - 1) - b ln r, r = rate_b/rate",
    .gradient =
        "da += dy * (r - 1 - (b - a) trigamma(a)), drate += dy * (b - a r)/rate, "
        "db += dy * (digamma(b) - digamma(a) - ln r), drate_b += dy * (a/rate - b/rate_b)",
    .forward = forward_gamma_kl,
    .backward = back_gamma_kl,
    .saves = kSaveInputs,
    .test_inputs = test_inputs_gamma_kl,
};

extern const OpInfo kGumbelKl{
    .name = "gumbel_kl",
    .args = "a, d, b",
    .formula = "y = c + gamma r + g - ln r - 1 - gamma, r = a/b, c = d/b, g = exp(-c) Gamma(1 + r)",
    .gradient =
        "da += dy * ((gamma + g digamma(1 + r))/b - 1/a), dd += dy * (1 - g)/b, "
        "db += dy * (1 - c - gamma r - g (r digamma(1 + r) - c))/b",
    .forward = forward_gumbel_kl,
    .backward = back_gumbel_kl,
    .saves = kSaveInputs,
    .test_inputs = test_inputs_gumbel_kl,
};

Tensor log_beta(Arg a, Arg b) { return apply(kLogBeta, {a, b}); }
Tensor gamma_log_density(Arg a, Arg rate, Arg x) { return apply(kGammaLogDensity, {a, rate, x}); }
Tensor beta_log_density(Arg a, Arg b, Arg x) { return apply(kBetaLogDensity, {a, b, x}); }
Tensor gamma_entropy(Arg a) { return apply(kGammaEntropy, {a}); }
Tensor student_t_entropy(Arg v) { return apply(kStudentTEntropy, {v}); }
Tensor beta_entropy(Arg a, Arg b) { return apply(kBetaEntropy, {a, b}); }
Tensor gamma_kl(Arg a, Arg rate, Arg b, Arg rate_b) {
  return apply(kGammaKl, {a, rate, b, rate_b});
}
Tensor gumbel_kl(Arg a, Arg d, Arg b) { return apply(kGumbelKl, {a, d, b}); }

}  // namespace tapestry::prob
