#include "prob/mixture.hpp"

#include "autograd/constraint.hpp"
#include "autograd/tape.hpp"
#include "prob/categorical.hpp"

namespace tapestry::prob {

namespace mixture {

void check(Caller caller, const Tensor& logits, const Shape& components, int event_dims) {
  const Shape batch = components.sub(0, components.rank() - event_dims);
  if (batch.rank() < 1 || logits.rank() < 1 || logits.dim(-1) != batch[-1] ||
      broadcast(logits.shape(), batch) != batch) [[unlikely]]
    fail<ShapeError>(caller,
                     fmt::format("logits {} must have one number for each of the components, which "
                                 "have shape {} with event_dims = {}",
                                 logits.shape(), components, event_dims));
  check_values(caller, "logits", logits, kFinite);
}

Tensor weighted_sum(const Tensor& logits, const Tensor& x, int event_dims) {
  Shape weights = logits.shape();
  for (int i = 0; i < event_dims; ++i) weights = join(weights, {1});
  return sum(reshape(softmax(logits), weights) * x, -1 - event_dims);
}

Tensor choose(const Tensor& logits, const Tensor& draws, int event_dims, Rng& rng) {
  NoGrad no_grad;
  const Shape batch = draws.shape().sub(0, draws.rank() - event_dims);
  const Tensor index = Categorical(expanded(logits, batch)).sample(rng);
  Tensor chosen = one_hot(index, batch[-1], logits.dtype()).to(DType::i32);
  for (int i = 0; i < event_dims; ++i) chosen = chosen.with_shape(join(chosen.shape(), {1}));
  return sum(where(chosen, draws, 0.0), -1 - event_dims);
}

Tensor with_component_axis(const Tensor& x, int event_dims) {
  return reshape(x, x.shape().inserted(x.rank() - event_dims, 1));
}

}  // namespace mixture

template struct Mixture<Normal>;

}  // namespace tapestry::prob
