#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// A coin for every element: p(x = 1) = sigmoid(logits).
///
///     log p(x) = x logits - softplus(logits)
///
/// Grey values x in (0, 1) are accepted, since decoders of images are fed with them; then log_prob
/// is the usual cross entropy but no log density of anything (see ContinuousBernoulli).
struct Bernoulli {
  static constexpr const char* kName = "Bernoulli";
  static constexpr std::array kArguments{"logits"};

  Tensor logits;  ///< finite
  int event_dims;

  explicit Bernoulli(Tensor logits, int event_dims = 0);
  /// probs in (0, 1), turned into logits.
  static Bernoulli from_probs(const Tensor& probs, int event_dims = 0);

  Shape shape() const { return logits.shape(); }
  Tensor probs() const;
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;  ///< 0 and 1, in logits' dtype
  Tensor log_prob(const Tensor& x) const;                         ///< not differentiable in x
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;

  static Bernoulli from(std::span<const Tensor> a) { return Bernoulli(a[0]); }
  static std::vector<Case> cases();
};

/// log(p / (1 - p)); throws DomainError unless 0 < p < 1.
Tensor logits_from_probs(const char* distribution, const Tensor& probs);

}  // namespace tapestry::prob
