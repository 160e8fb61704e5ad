#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// One class out of K, as a vector of one 1 and zeros along the last axis, which is the event.
///
///     log p(x) = sum_k x_k logits_k - logsumexp(logits)
struct OneHotCategorical {
  static constexpr const char* kName = "OneHotCategorical";
  static constexpr std::array kArguments{"logits"};

  Tensor logits;  ///< finite; [..., K]
  int event_dims;

  explicit OneHotCategorical(Arg logits, int event_dims = 1);
  /// probs positive with sum 1 over the last axis.
  static OneHotCategorical from_probs(Arg probs, int event_dims = 1);

  Shape shape() const { return logits.shape(); }
  Tensor probs() const;
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;  ///< 0 and 1, in logits' dtype
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
};

}  // namespace tapestry::prob
