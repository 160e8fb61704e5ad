#include "prob/multinomial.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "autograd/constraint.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/categorical.hpp"

namespace tapestry::prob {

Multinomial::Multinomial(std::int64_t n, Arg l, int dims)
    : count(n), logits(as_parameter(l)), event_dims(dims) {
  common_shape({kName, l.loc}, {{"logits", logits}}, event_dims, 1);
  check_value({kName, l.loc}, "count", static_cast<double>(count), kCount);
  check_values({kName, l.loc}, "logits", logits, kFinite);
}

Tensor Multinomial::probs() const { return softmax(logits); }

Tensor Multinomial::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  // Counted in integers, since f32 is exact only up to 2^24, and rounded once; drawn in portions,
  // so that memory does not grow with the count.
  constexpr std::int64_t kPortion = 1 << 22;
  const Shape out = join(sample_shape, shape());
  const auto classes = static_cast<std::size_t>(logits.dim(-1));
  std::vector<std::int64_t> totals(static_cast<std::size_t>(out.size()));
  const std::int64_t rows = std::ssize(totals) / std::max<std::int64_t>(logits.dim(-1), 1);
  const std::int64_t most = std::max<std::int64_t>(1, kPortion / std::max<std::int64_t>(rows, 1));
  const Categorical one(logits);
  for (std::int64_t done = 0; done < count && rows > 0; done += most) {
    const Tensor draws = one.sample(rng, join({std::min(most, count - done)}, sample_shape));
    std::size_t row = 0;
    for (const std::int32_t k : draws.view<std::int32_t>()) {
      ++totals[row * classes + static_cast<std::size_t>(k)];
      row = row + 1 == static_cast<std::size_t>(rows) ? 0 : row + 1;
    }
  }
  Tensor counts = Tensor::empty(out, logits.dtype());
  dispatch(logits.dtype(), [&]<class T>(T) {
    std::ranges::transform(totals, counts.mutate<T>().begin(),
                           [](std::int64_t n) { return static_cast<T>(n); });
  });
  return counts;
}

Tensor Multinomial::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kCount);
  check_whole_sums({kName, value.loc}, "value", x, static_cast<double>(count));
  const Tensor terms = x * log_softmax(logits) - lgamma(x + 1.0);
  return sum_last(sum(terms, -1) + math::lgamma(static_cast<double>(count) + 1), event_dims - 1);
}

Tensor Multinomial::mean() const { return static_cast<double>(count) * probs(); }

Tensor Multinomial::variance() const {
  const Tensor p = probs();
  return static_cast<double>(count) * p * (1.0 - p);
}

}  // namespace tapestry::prob
