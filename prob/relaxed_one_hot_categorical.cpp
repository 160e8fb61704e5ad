#include "prob/relaxed_one_hot_categorical.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

RelaxedOneHotCategorical::RelaxedOneHotCategorical(double t, Arg l, int dims)
    : temperature(t), logits(as_parameter(l)), event_dims(dims) {
  common_shape({kName, l.loc}, {{"logits", logits}}, event_dims, 1);
  check_value({kName, l.loc}, "temperature", temperature, kPositive);
  check_values({kName, l.loc}, "logits", logits, kFinite);
}

Tensor RelaxedOneHotCategorical::rsample(Rng& rng, const Shape& sample_shape) const {
  const Tensor gumbel = -log(-log(rng.uniform(join(sample_shape, shape()), logits.dtype())));
  // Cold temperatures make these huge; moving the largest to 0 saves the digits of the softmax.
  const Tensor x = (logits + gumbel) / temperature;
  return at_least_tiny(softmax(x - max(x, -1, true).detach()));
}

Tensor RelaxedOneHotCategorical::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kPositive);
  check_sums({kName, value.loc}, "value", x, 1);
  const double k = static_cast<double>(logits.dim(-1));
  const double constant = math::lgamma(k) + (k - 1) * std::log(temperature);
  const Tensor log_x = log(x), d = logits - temperature * log_x;
  return sum_last(constant + sum(d - log_x, -1) - k * logsumexp(d, -1), event_dims - 1);
}

}  // namespace tapestry::prob
