#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// 0 or 1, elementwise: p(x = 1) = sigmoid(logits).
///
///     log p(x) = x logits - softplus(logits)
///
/// Grey values x in (0, 1) are accepted, since decoders are often trained on them; then log_prob is
/// the usual cross entropy but not the logarithm of a density (see ContinuousBernoulli).
struct Bernoulli {
  static constexpr const char* kName = "Bernoulli";
  static constexpr std::array kArguments{"logits"};

  Tensor logits;  ///< finite
  int event_dims;

  explicit Bernoulli(Arg logits, int event_dims = 0);
  /// probs in (0, 1), turned into logits.
  static Bernoulli from_probs(Arg probs, int event_dims = 0);

  Shape shape() const { return logits.shape(); }
  Tensor probs() const;
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;  ///< 0 and 1, in logits' dtype
  Tensor log_prob(Arg x) const;                                   ///< x in [0, 1]
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
};

/// log(p / (1 - p)); throws DomainError unless 0 < p < 1.
Tensor logits_from_probs(Caller caller, const Tensor& probs);

}  // namespace tapestry::prob
