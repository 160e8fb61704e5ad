#include "prob/uniform.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::prob {

Uniform::Uniform(Arg least, Arg greatest, int dims)
    : low(as_parameter(least, greatest)), high(as_parameter(greatest, least)), event_dims(dims) {
  common_shape({kName, least.loc}, {{"low", low}, {"high", high}}, event_dims);
  check_values({kName, least.loc}, "low", low, kFinite);
  check_values({kName, least.loc}, "high", high, kFinite);
  NoGrad no_grad;
  check_values({kName, least.loc}, "high - low", high - low, kPositive);
}

Tensor Uniform::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), low.dtype()));
}

Tensor Uniform::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kFinite);
  const Tensor below_high = where(less_equal(x, high), -log(high - low), -kInfinity);
  return sum_last(where(less_equal(low, x), below_high, -kInfinity), event_dims);
}

Tensor Uniform::mean() const { return 0.5 * (low + high); }

Tensor Uniform::variance() const { return square(high - low) / 12.0; }

Tensor Uniform::entropy() const { return sum_last(log(high - low), event_dims); }

Tensor Uniform::cdf(const Tensor& x) const { return clamp((x - low) / (high - low), 0, 1); }

Tensor Uniform::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kOpenUnitInterval);
  return low + (high - low) * p;
}

}  // namespace tapestry::prob
