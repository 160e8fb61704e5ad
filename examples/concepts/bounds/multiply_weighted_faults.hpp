#pragma once

#include "concepts/bounds/multiply_weighted.hpp"

// Wrong versions of the bounds of groups of draws.

namespace concepts {

/// M and K are exchanged: K bounds of M draws.
inline Tensor groups_of_the_other_axis(const Tensor& log_w) {
  return vae::miwae_bound(transpose(log_w, {1, 0, 2}));
}
/// beta weighs IWAE, 1 - beta the ELBO.
inline Tensor other_beta(const Tensor& log_w, double beta) {
  return vae::ciwae_bound(log_w, 1 - beta);
}
/// Each net climbs the other one's bound.
inline Climbs exchanged() { return {iwae, vae::miwae_bound}; }
/// The decoder has no turn.
inline Climbs encoder_alone() {
  return {vae::miwae_bound, [](const Tensor& log_w) { return 0.0 * iwae(log_w); }};
}

}  // namespace concepts
