#include "prob/normal.hpp"

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"
#include "prob/special.hpp"

namespace tapestry::prob {

Normal::Normal(Tensor mu, Tensor sigma, int dims)
    : loc(std::move(mu)), scale(std::move(sigma)), event_dims(dims) {
  common_shape(kName, {{"loc", loc}, {"scale", scale}}, event_dims);
  check_values(kName, "loc", loc, kFinite);
  check_values(kName, "scale", scale, kPositive);
}

Tensor Normal::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor Normal::rsample(Rng& rng, const Shape& sample_shape) const {
  return loc + scale * rng.normal(join(sample_shape, shape()), loc.dtype());
}

Tensor Normal::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  return normal_log_prob(x, loc, scale, event_dims);
}

Tensor Normal::mean() const { return expanded(loc, shape()); }

Tensor Normal::variance() const { return expanded(square(scale), shape()); }

Tensor Normal::entropy() const {
  static const double kEntropyOfStandard = 0.5 * std::log(2 * std::numbers::pi) + 0.5;
  return sum_last(expanded(log(scale) + kEntropyOfStandard, shape()), event_dims);
}

Tensor Normal::cdf(const Tensor& x) const { return normal_cdf((x - loc) / scale); }

Tensor Normal::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kOpenUnitInterval);
  return loc + scale * normal_quantile(p);
}

std::vector<Case> Normal::cases() {
  const DTypeScope f64(DType::f64);
  return {
      {{tensor({0.0, 1.0}), tensor({1.0, 2.0})},
       tensor({0.0, 3.0}),
       tensor({-0.9189385332046727, -0.5 - 0.6931471805599453 - 0.9189385332046727})},
      {.arguments = {tensor({0.0, std::nan("")}), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(kInfinity), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor({-0.3, 1.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(std::nan(""))}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(kInfinity)}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
