#include "prob/categorical.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::prob {

Categorical::Categorical(Arg l, int dims) : logits(as_parameter(l)), event_dims(dims) {
  if (!logits.defined() || logits.rank() < 1 || classes() < 1) [[unlikely]]
    fail<ShapeError>({kName, l.loc}, "logits need a last axis of at least one class");
  check_event_dims({kName, l.loc}, shape(), event_dims);
  check_values({kName, l.loc}, "logits", logits, kFinite);
}

Categorical Categorical::from_probs(Arg probs, int event_dims) {
  return Categorical(Arg(logits_from_vectors({kName, probs.loc}, as_tensor(probs)), probs.loc),
                     event_dims);
}

Tensor Categorical::probs() const { return softmax(logits); }

Tensor Categorical::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  const Shape full = join(sample_shape, shape());
  const Tensor u = rng.uniform(full, logits.dtype());
  // The class is the number of cumulated probabilities that u has passed.
  const Tensor steps = cumsum(probs());
  Tensor index = Tensor::empty(full, DType::i32);
  dispatch(logits.dtype(), [&]<class T>(T) {
    const std::span<const T> ends = steps.view<T>(), draws = u.view<T>();
    const std::size_t k = static_cast<std::size_t>(classes()), rows = ends.size() / k;
    const std::span<std::int32_t> out = index.mutate<std::int32_t>();
    for (std::size_t i = 0; i < out.size(); ++i) {
      const T* row = ends.data() + i % rows * k;
      std::int32_t x = 0;
      while (x + 1 < classes() && row[x] <= draws[i]) ++x;
      out[i] = x;
    }
  });
  return index;
}

Tensor Categorical::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_classes({kName, value.loc}, "value", x, classes());
  const Shape full = broadcast(x.shape(), shape());
  const Tensor log_probs = expanded(log_softmax(logits), join(full, {classes()}));
  const Tensor index = x.shape() == full ? x : broadcast_to(x.to(DType::f64), full).to(DType::i32);
  const Tensor picked = gather(log_probs, -1, index.with_shape(join(full, {1})));
  return sum_last(sum(picked, -1), event_dims);
}

Tensor Categorical::entropy() const {
  return sum_last(-sum(probs() * log_softmax(logits), -1), event_dims);
}

Tensor logits_from_vectors(Caller caller, const Tensor& probs) {
  check_values(caller, "probs", probs, kPositive);
  check_sums(caller, "probs", probs, 1);
  return log(probs);
}

Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype) {
  check_classes("one_hot", "index", index, classes);
  const Tensor columns = arange(classes, DType::f64);
  const Tensor wanted = index.to(DType::f64).with_shape(join(index.shape(), {1}));
  return equal(wanted, columns).to(dtype);
}

}  // namespace tapestry::prob
