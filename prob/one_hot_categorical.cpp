#include "prob/one_hot_categorical.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/categorical.hpp"

namespace tapestry::prob {

OneHotCategorical::OneHotCategorical(Arg l, int dims) : logits(as_parameter(l)), event_dims(dims) {
  common_shape({kName, l.loc}, {{"logits", logits}}, event_dims, 1);
  check_values({kName, l.loc}, "logits", logits, kFinite);
}

OneHotCategorical OneHotCategorical::from_probs(Arg probs, int event_dims) {
  return OneHotCategorical(
      Arg(logits_from_vectors({kName, probs.loc}, as_tensor(probs)), probs.loc), event_dims);
}

Tensor OneHotCategorical::probs() const { return softmax(logits); }

Tensor OneHotCategorical::sample(Rng& rng, const Shape& sample_shape) const {
  const Tensor index = Categorical(logits.detach()).sample(rng, sample_shape);
  return one_hot(index, logits.dim(-1), logits.dtype());
}

Tensor OneHotCategorical::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, {"0 or 1", 0, 1, false, false, true});
  check_sums({kName, value.loc}, "value", x, 1);
  return sum_last(x * log_softmax(logits), event_dims);
}

Tensor OneHotCategorical::mean() const { return probs(); }

Tensor OneHotCategorical::variance() const {
  const Tensor p = probs();
  return p * (1.0 - p);
}

Tensor OneHotCategorical::entropy() const {
  return sum_last(-probs() * log_softmax(logits), event_dims);
}

}  // namespace tapestry::prob
