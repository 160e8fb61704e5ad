#include "prob/continuous_bernoulli.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/bernoulli.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

ContinuousBernoulli::ContinuousBernoulli(Arg l, int dims)
    : logits(as_parameter(l)), event_dims(dims) {
  common_shape({kName, l.loc}, {{"logits", logits}}, event_dims);
  check_values({kName, l.loc}, "logits", logits, kFinite);
}

ContinuousBernoulli ContinuousBernoulli::from_probs(Arg probs, int event_dims) {
  return ContinuousBernoulli(
      Arg(logits_from_probs({kName, probs.loc}, as_tensor(probs)), probs.loc), event_dims);
}

Tensor ContinuousBernoulli::probs() const { return sigmoid(logits); }

Tensor ContinuousBernoulli::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), logits.dtype()));
}

Tensor ContinuousBernoulli::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kUnitInterval);
  return sum_last((x - 0.5) * logits - log_sinhc(0.5 * logits), event_dims);
}

// The normaliser of exp(l x) is Z = exp(l/2) sinhc(l/2); mean and variance are the derivatives of
// log Z.

Tensor ContinuousBernoulli::mean() const { return 0.5 + 0.5 * langevin(0.5 * logits); }

Tensor ContinuousBernoulli::variance() const { return 0.25 * langevin_slope(0.5 * logits); }

Tensor ContinuousBernoulli::entropy() const {
  const Tensor half = 0.5 * logits;
  return sum_last(log_sinhc(half) - half * langevin(half), event_dims);  // log Z - l E[x]
}

Tensor ContinuousBernoulli::cdf(const Tensor& x) const {
  const Shape both = broadcast(x.shape(), shape());
  return continuous_bernoulli_cdf(expanded(logits, both), expanded(x, both));
}

Tensor ContinuousBernoulli::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kUnitInterval);
  const Shape both = broadcast(p.shape(), shape());
  return continuous_bernoulli_quantile(expanded(logits, both), expanded(p, both));
}

}  // namespace tapestry::prob
