#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// One class out of K, as a number: p(x = k) = softmax(logits)_k over the last axis of logits.
///
///     log p(x) = logits_x - logsumexp(logits)
struct Categorical {
  static constexpr const char* kName = "Categorical";
  static constexpr std::array kArguments{"logits"};

  Tensor logits;  ///< finite; [..., K]
  int event_dims;

  explicit Categorical(Arg logits, int event_dims = 0);
  /// probs positive with sum 1 over the last axis.
  static Categorical from_probs(Arg probs, int event_dims = 0);

  Shape shape() const { return logits.shape().without(-1); }
  std::int64_t classes() const { return logits.dim(-1); }
  Tensor probs() const;                                           ///< [..., K]
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;  ///< i32
  Tensor log_prob(Arg x) const;                                   ///< x is i32
  Tensor entropy() const;
};

/// Probability vectors to logits; throws DomainError unless positive with sum 1.
Tensor logits_from_vectors(Caller caller, const Tensor& probs);

/// Class numbers, i32 [...], to vectors [..., classes] of one 1 and zeros. DomainError, DTypeError.
Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype);

}  // namespace tapestry::prob
