#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// Bernoulli relaxed to (0, 1) so that samples have gradients: the binary Concrete distribution of
/// Maddison, Mnih and Teh, ICLR 2017. As temperature falls to 0 it becomes Bernoulli(logits).
///
///     x = sigmoid((logits + logistic noise) / temperature)
///     log p(x) = log T + d - 2 softplus(d) - log x - log(1 - x),   d = logits - T logit(x)
///
/// A sample is rounded to a number below 1, so that logit(x) stays below 16 in f32 and below 36 in f64. Where
/// (logits + noise) / T would be above that, log densities, and a KL that is estimated from them, are those of another x:
/// for logits of 3 below a temperature of .5 in f32, and of .2 in f64.
struct RelaxedBernoulli {
  static constexpr const char* kName = "RelaxedBernoulli";
  static constexpr std::array kArguments{"logits"};

  double temperature;  ///< T, positive; a constant
  Tensor logits;       ///< finite
  int event_dims;

  RelaxedBernoulli(double temperature, Arg logits, int event_dims = 0);

  Shape shape() const { return logits.shape(); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor icdf(const Tensor& u) const;  ///< the x above with the noise log(u / (1 - u)); u in (0, 1)
  Tensor log_prob(Arg x) const;
};

}  // namespace tapestry::prob
