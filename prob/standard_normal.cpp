#include "prob/standard_normal.hpp"

#include "autograd/ops.hpp"

namespace tapestry::prob {

StandardNormal::StandardNormal(const Shape& shape, int dims, DType type)
    : shape_of_values(shape), event_dims(dims), dtype(type) {
  check_event_dims(kName, shape, event_dims);
}

Tensor StandardNormal::sample(Rng& rng, const Shape& sample_shape) const {
  return rng.normal(join(sample_shape, shape()), dtype);
}

Tensor StandardNormal::rsample(Rng& rng, const Shape& sample_shape) const {
  return sample(rng, sample_shape);
}

Tensor StandardNormal::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  const Tensor all = expanded(x, broadcast(x.shape(), shape()));
  return normal_log_prob(Arg(all, value.loc), 0.0, 1.0, event_dims);
}

Tensor StandardNormal::mean() const { return zeros(shape(), dtype); }

Tensor StandardNormal::variance() const { return ones(shape(), dtype); }

Tensor StandardNormal::entropy() const { return normal().entropy(); }

Normal StandardNormal::normal() const { return {mean(), variance(), event_dims}; }

}  // namespace tapestry::prob
