#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// Loaiza-Ganem and Cunningham, The continuous Bernoulli: fixing a pervasive error in variational
/// autoencoders, NeurIPS 2019. A density on [0, 1] proportional to exp(logits x); probs =
/// sigmoid(logits) is not its mean.
///
///     log p(x) = (x - 1/2) logits - log(sinh(logits/2) / (logits/2))
struct ContinuousBernoulli {
  static constexpr const char* kName = "ContinuousBernoulli";
  static constexpr std::array kArguments{"logits"};

  Tensor logits;  ///< finite; 0 is the uniform density, and all formulas are smooth through it
  int event_dims;

  explicit ContinuousBernoulli(Arg logits, int event_dims = 0);
  /// probs in (0, 1), turned into logits.
  static ContinuousBernoulli from_probs(Arg probs, int event_dims = 0);

  Shape shape() const { return logits.shape(); }
  Tensor probs() const;
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;  ///< through icdf
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;   ///< elementwise
  Tensor icdf(const Tensor& p) const;  ///< elementwise
};

}  // namespace tapestry::prob
