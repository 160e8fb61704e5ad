#include "prob/laplace.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

Laplace::Laplace(Arg mu, Arg b, int dims)
    : loc(as_parameter(mu, b)), scale(as_parameter(b, mu)), event_dims(dims) {
  check_location_scale({kName, mu.loc}, loc, scale, event_dims);
}

Tensor Laplace::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), loc.dtype()));
}

Tensor Laplace::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  return sum_last(-abs((x - loc) / scale) - log(2.0 * scale), event_dims);
}

Tensor Laplace::mean() const { return expanded(loc, shape()); }

Tensor Laplace::variance() const { return expanded(2.0 * square(scale), shape()); }

Tensor Laplace::entropy() const {
  return sum_last(expanded(1.0 + log(2.0 * scale), shape()), event_dims);
}

Tensor Laplace::cdf(const Tensor& x) const {
  const Tensor z = (x - loc) / scale;
  const Tensor tail = 0.5 * exp(-abs(z));  // of the side that x is on
  return where(less(z, 0.0), tail, 1.0 - tail);
}

Tensor Laplace::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kOpenUnitInterval);
  const Tensor tail = minimum(p, 1.0 - p);
  const Tensor distance = -log(2.0 * tail);
  return loc + scale * where(less(p, 0.5), -distance, distance);
}

}  // namespace tapestry::prob
