#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// OneHotCategorical relaxed to probability vectors so that samples have gradients: the Concrete or
/// Gumbel-softmax distribution (Maddison et al.; Jang et al.; both ICLR 2017).
///
///     x = softmax((logits + Gumbel noise) / T)
///     log p(x) = log (K-1)! + (K-1) log T + sum_k (logits_k - (T+1) log x_k)
///                - K logsumexp_k(logits_k - T log x_k)
///
/// An x_k is rounded to the smallest normal number, so that log x_k stays above -87 in f32 and above -708 in f64. Where it
/// would be below that, log densities, and a KL that is estimated from them, are those of another x: for logits that are 5
/// apart below a temperature of .2 in f32, and of .02 in f64.
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
