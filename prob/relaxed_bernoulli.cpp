#include "prob/relaxed_bernoulli.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

RelaxedBernoulli::RelaxedBernoulli(double t, Arg l, int dims)
    : temperature(t), logits(as_parameter(l)), event_dims(dims) {
  common_shape({kName, l.loc}, {{"logits", logits}}, event_dims);
  check_value({kName, l.loc}, "temperature", temperature, kPositive);
  check_values({kName, l.loc}, "logits", logits, kFinite);
}

Tensor RelaxedBernoulli::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), logits.dtype()));
}

Tensor RelaxedBernoulli::icdf(const Tensor& u) const {
  check_values(kName, "u", u, kOpenUnitInterval);
  const Tensor logistic = log(u) - log1p(-u);
  return inside_unit_interval(sigmoid((logits + logistic) / temperature));
}

Tensor RelaxedBernoulli::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kOpenUnitInterval);
  const Tensor log_x = log(x), log_rest = log1p(-x);
  const Tensor d = logits - temperature * (log_x - log_rest);
  return sum_last(std::log(temperature) + d - 2.0 * softplus(d) - log_x - log_rest, event_dims);
}

}  // namespace tapestry::prob
