#include "prob/normal.hpp"

#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

Normal::Normal(Arg mu, Arg sigma, int dims)
    : loc(as_parameter(mu, sigma)), scale(as_parameter(sigma, mu)), event_dims(dims) {
  check_location_scale({kName, mu.loc}, loc, scale, event_dims);
}

Tensor Normal::rsample(Rng& rng, const Shape& sample_shape) const {
  return loc + scale * rng.normal(join(sample_shape, shape()), loc.dtype());
}

Tensor Normal::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  return normal_log_prob(Arg(x, value.loc), loc, scale, event_dims);
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

}  // namespace tapestry::prob
