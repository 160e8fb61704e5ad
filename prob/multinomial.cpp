#include "prob/multinomial.hpp"

#include <cmath>

#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/categorical.hpp"
#include "prob/constraint.hpp"

namespace tapestry::prob {

Multinomial::Multinomial(std::int64_t n, Tensor l, int dims)
    : count(n), logits(std::move(l)), event_dims(dims) {
  common_shape(kName, {{"logits", logits}}, event_dims, 1);
  check_value(kName, "count", static_cast<double>(count), kCount);
  check_values(kName, "logits", logits, kFinite);
}

Tensor Multinomial::probs() const { return softmax(logits); }

Tensor Multinomial::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  const Tensor draws = Categorical(logits).sample(rng, join({count}, sample_shape));
  Tensor counts = zeros(join(sample_shape, shape()), logits.dtype());
  dispatch(logits.dtype(), [&]<class T>(T) {
    const std::span<const std::int32_t> classes = draws.view<std::int32_t>();
    const std::span<T> out = counts.mutate<T>();
    const std::size_t k = static_cast<std::size_t>(logits.dim(-1)), rows = out.size() / k;
    for (std::size_t i = 0; i < classes.size(); ++i)
      out[i % rows * k + static_cast<std::size_t>(classes[i])] += 1;
  });
  return counts;
}

Tensor Multinomial::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  check_values(kName, "value", x, kCount);
  check_sums(kName, "value", x, static_cast<double>(count));
  const Tensor terms = x * log_softmax(logits) - lgamma(x + 1.0);
  return sum_last(sum(terms, -1) + math::lgamma(static_cast<double>(count) + 1), event_dims - 1);
}

Tensor Multinomial::mean() const { return static_cast<double>(count) * probs(); }

Tensor Multinomial::variance() const {
  const Tensor p = probs();
  return static_cast<double>(count) * p * (1.0 - p);
}

std::vector<Case> Multinomial::cases() {
  const DTypeScope f64(DType::f64);
  return {
      // 3!/(2! 1!) (1/2)^3, and 3!/3! (1/8)^3 with logits log 1, log 7
      {{tensor({{0.0, 0.0}, {0.0, 1.9459101490553132}})},
       tensor({{2.0, 1.0}, {3.0, 0.0}}),
       tensor({-0.9808292530117262, -6.238324625039508})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor({0.0, -kInfinity})}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
