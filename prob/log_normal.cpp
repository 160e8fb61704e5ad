#include "prob/log_normal.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/normal.hpp"

namespace tapestry::prob {

LogNormal::LogNormal(Arg mu, Arg sigma, int dims)
    : loc(as_parameter(mu, sigma)), scale(as_parameter(sigma, mu)), event_dims(dims) {
  check_location_scale({kName, mu.loc}, loc, scale, event_dims);
}

Tensor LogNormal::rsample(Rng& rng, const Shape& sample_shape) const {
  return exp(Normal(loc, scale).rsample(rng, sample_shape));
}

Tensor LogNormal::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kPositive);
  const Tensor log_x = log(x);
  return sum_last(normal_log_prob(log_x, loc, scale) - log_x, event_dims);
}

Tensor LogNormal::mean() const { return exp(loc + 0.5 * square(scale)); }

Tensor LogNormal::variance() const { return expm1(square(scale)) * square(mean()); }

Tensor LogNormal::entropy() const {
  return sum_last(Normal(loc, scale).entropy() + loc, event_dims);
}

Tensor LogNormal::cdf(const Tensor& x) const {
  const Tensor below = less_equal(x, 0.0);  // a NaN is not
  return where(below, 0.0, Normal(loc, scale).cdf(log(where(below, 1.0, x))));
}

Tensor LogNormal::icdf(const Tensor& p) const { return exp(Normal(loc, scale).icdf(p)); }

}  // namespace tapestry::prob
