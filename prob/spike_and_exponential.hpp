#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// A bit z that is smoothed so that samples have gradients: 0 stays 0, and 1 becomes a number between 0 and 1, rather near 1.
///
///     z ~ Bernoulli(sigmoid(logits))      r(x|z = 0) = delta(x)      r(x|z = 1) = beta exp(beta x) / (exp(beta) - 1)
///     x = max(0, log((u + q - 1)/q (exp(beta) - 1) + 1) / beta),   u uniform on (0, 1),  q = sigmoid(logits)
///
/// As beta grows x becomes z. The x of a sample determines its z: z = 1 exactly where x > 0. Rolfe, Discrete Variational
/// Autoencoders, ICLR 2017, section 2.1 and appendix.
struct SpikeAndExponential {
  static constexpr const char* kName = "SpikeAndExponential";
  static constexpr std::array kArguments{"logits"};

  double beta;    ///< positive; a constant
  Tensor logits;  ///< finite
  int event_dims;

  SpikeAndExponential(double beta, Arg logits, int event_dims = 0);

  Shape shape() const { return logits.shape(); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor icdf(const Tensor& u) const;  ///< the x above, elementwise; u in (0, 1)
  /// At 0 the logarithm of a probability, elsewhere of a density.
  Tensor log_prob(Arg x) const;
  Tensor mean() const;  ///< q (1 / (1 - exp(-beta)) - 1 / beta)
  Tensor variance() const;
};

}  // namespace tapestry::prob
