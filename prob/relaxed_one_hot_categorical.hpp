#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// OneHotCategorical relaxed to probability vectors so that samples have gradients: the Concrete or
/// Gumbel-softmax distribution (Maddison et al.; Jang et al.; both ICLR 2017).
///
///     x = softmax((logits + Gumbel noise) / T)
///     log p(x) = log (K-1)! + (K-1) log T + sum_k (logits_k - (T+1) log x_k)
///                - K logsumexp_k(logits_k - T log x_k)
struct RelaxedOneHotCategorical {
  static constexpr const char* kName = "RelaxedOneHotCategorical";
  static constexpr std::array kArguments{"logits"};

  double temperature;  ///< T, positive; a constant
  Tensor logits;       ///< finite; [..., K]
  int event_dims;

  RelaxedOneHotCategorical(double temperature, Arg logits, int event_dims = 1);

  Shape shape() const { return logits.shape(); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
};

}  // namespace tapestry::prob
