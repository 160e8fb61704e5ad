#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// How often each of K classes occurs in `count` independent draws; the last axis is the event.
///
///     log p(x) = log count! - sum_k log x_k! + sum_k x_k log softmax(logits)_k
struct Multinomial {
  static constexpr const char* kName = "Multinomial";
  static constexpr std::array kArguments{"logits"};

  std::int64_t count;  ///< at least 0
  Tensor logits;       ///< finite; [..., K]
  int event_dims;

  Multinomial(std::int64_t count, Arg logits, int event_dims = 1);

  Shape shape() const { return logits.shape(); }
  Tensor probs() const;
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;  ///< counts, in logits' dtype
  Tensor log_prob(Arg x) const;  ///< whole numbers with sum `count`
  Tensor mean() const;
  Tensor variance() const;
};

}  // namespace tapestry::prob
