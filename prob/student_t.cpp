#include "prob/student_t.hpp"

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"
#include "prob/special.hpp"

namespace tapestry::prob {

StudentT::StudentT(Tensor nu, Tensor mu, Tensor sigma, int dims)
    : df(std::move(nu)), loc(std::move(mu)), scale(std::move(sigma)), event_dims(dims) {
  common_shape(kName, {{"df", df}, {"loc", loc}, {"scale", scale}}, event_dims);
  check_values(kName, "df", df, kPositive);
  check_values(kName, "loc", loc, kFinite);
  check_values(kName, "scale", scale, kPositive);
}

Tensor StudentT::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor StudentT::rsample(Rng& rng, const Shape& sample_shape) const {
  // t = e / sqrt(g / (v/2)) with e ~ N(0, 1), g ~ Gamma(v/2)
  const Shape full = join(sample_shape, shape());
  const Tensor e = rng.normal(full, loc.dtype());
  const Tensor half = 0.5 * df;
  return loc + scale * e * exp(0.5 * (log(half) - rsample_log_gamma(half, full, rng)));
}

Tensor StudentT::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  const Tensor t = (x - loc) / scale, half = 0.5 * (df + 1.0);
  const Tensor log_normaliser =
      lgamma(0.5 * df) - lgamma(half) + 0.5 * log(std::numbers::pi * df) + log(scale);
  return sum_last(-half * log1p(square(t) / df) - log_normaliser, event_dims);
}

Tensor StudentT::mean() const {
  check_values(kName, "df", df, {"above 1 for a mean to exist", 1, kInfinity, true, true});
  return expanded(loc, shape());
}

Tensor StudentT::variance() const {
  check_values(kName, "df", df, {"above 2 for a variance to exist", 2, kInfinity, true, true});
  return expanded(square(scale) * df / (df - 2.0), shape());
}

Tensor StudentT::entropy() const {
  const Tensor half = 0.5 * df, more = 0.5 * (df + 1.0);
  const Tensor standard = more * (digamma(more) - digamma(half)) +
                          0.5 * log(std::numbers::pi * df) + lgamma(half) - lgamma(more);
  return sum_last(expanded(standard + log(scale), shape()), event_dims);
}

std::vector<Case> StudentT::cases() {
  const DTypeScope f64(DType::f64);
  return {
      // df = 1 is Cauchy's density, 1 / (pi (1 + x^2)) at 0 and at 1, the second with scale 2 at x
      // = 2
      {{tensor({1.0, 1.0}), tensor(0.0), tensor({1.0, 2.0})},
       tensor({0.0, 2.0}),
       tensor({-1.1447298858494002, -2.5310242469692908})},
      {.arguments = {tensor(0.0), tensor(0.0), tensor(1.0)}, .refused = "df"},
      {.arguments = {tensor(std::nan("")), tensor(0.0), tensor(1.0)}, .refused = "df"},
      {.arguments = {tensor(3.0), tensor(kInfinity), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(3.0), tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
