#include "prob/exponential.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

Exponential::Exponential(Arg lambda, int dims) : rate(as_parameter(lambda)), event_dims(dims) {
  common_shape({kName, lambda.loc}, {{"rate", rate}}, event_dims);
  check_values({kName, lambda.loc}, "rate", rate, kPositive);
}

Tensor Exponential::rsample(Rng& rng, const Shape& sample_shape) const {
  return -log(rng.uniform(join(sample_shape, shape()), rate.dtype())) / rate;
}

Tensor Exponential::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kNonNegative);
  return sum_last(log(rate) - rate * x, event_dims);
}

Tensor Exponential::mean() const { return reciprocal(rate); }

Tensor Exponential::variance() const { return reciprocal(square(rate)); }

Tensor Exponential::entropy() const { return sum_last(1.0 - log(rate), event_dims); }

Tensor Exponential::cdf(const Tensor& x) const { return -expm1(-rate * clamp(x, 0, kInfinity)); }

Tensor Exponential::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kOpenUnitInterval);
  return -log1p(-p) / rate;
}

}  // namespace tapestry::prob
