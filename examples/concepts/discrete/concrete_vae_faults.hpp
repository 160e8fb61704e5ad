#pragma once

#include "concepts/discrete/concrete_vae.hpp"

// Wrong versions of relaxed classes.

namespace concepts {

/// The temperature divides the logits alone, not the noise.
inline Tensor noise_not_divided(const Tensor& logits, const Tensor& g, double T) {
  return softmax(logits / T + g);
}
/// Densities of temperature 1, whatever the temperature of the draws.
inline Tensor relaxed_kl_at_one(const Tensor& zeta, const Tensor& q_logits, const Tensor& p_logits,
                                double) {
  return relaxed_kl_at(zeta, q_logits, p_logits, 1);
}

/// The bound of relaxed draws is printed as the bound of the model.
inline vae::ElboTerms relaxed_as_bound(ConcreteVae& model, const Tensor& x, double T, Rng& rng) {
  return model.relaxed(x, T, rng);
}

}  // namespace concepts
