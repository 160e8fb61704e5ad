#pragma once

#include "concepts/collapse/capacity.hpp"

// Wrong versions of the term that holds the KL.

namespace concepts {

/// The square of the distance: near C it is too flat to hold.
inline Tensor squared(const Tensor& kl, double C, double gamma) { return gamma * square(kl - C); }
/// No absolute value: C is a constant, and gamma the beta of a beta-VAE.
inline Tensor without_abs(const Tensor& kl, double C, double gamma) { return gamma * (kl - C); }
/// C is meant for each of 20 latents.
inline Tensor for_each_latent(const Tensor& kl, double C, double gamma) {
  return gamma * abs(kl / 20.0 - C);
}

}  // namespace concepts
