#include "prob/gumbel.hpp"

#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

Gumbel::Gumbel(Arg mu, Arg beta, int dims)
    : loc(as_parameter(mu, beta)), scale(as_parameter(beta, mu)), event_dims(dims) {
  check_location_scale({kName, mu.loc}, loc, scale, event_dims);
}

Tensor Gumbel::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), loc.dtype()));
}

Tensor Gumbel::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  const Tensor z = (x - loc) / scale;
  return sum_last(-z - exp(-z) - log(scale), event_dims);
}

Tensor Gumbel::mean() const { return loc + scale * std::numbers::egamma; }

Tensor Gumbel::variance() const {
  return expanded(square(scale) * (std::numbers::pi * std::numbers::pi / 6), shape());
}

Tensor Gumbel::entropy() const {
  return sum_last(expanded(log(scale) + (1 + std::numbers::egamma), shape()), event_dims);
}

Tensor Gumbel::cdf(const Tensor& x) const { return exp(-exp((loc - x) / scale)); }

Tensor Gumbel::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kOpenUnitInterval);
  return loc - scale * log(-log(p));
}

}  // namespace tapestry::prob
