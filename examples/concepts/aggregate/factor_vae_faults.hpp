#pragma once

#include "concepts/aggregate/factor_vae.hpp"

// Wrong versions of FactorVAE's steps.

namespace concepts {

/// The latents of each image change places: they belong to one image still, and depend on each other.
inline Tensor permute_along_latents(const Tensor& z, Rng& rng) {
  return transpose(vae::permute_columns(transpose(z), rng));
}

/// The means in place of draws: their total correlation is another.
inline Tensor means_of_codes(const prob::Normal& q, Rng&) { return q.loc; }

inline FactorSteps along_latents() {
  FactorSteps steps;
  steps.permute = permute_along_latents;
  return steps;
}
inline FactorSteps of_means() {
  FactorSteps steps;
  steps.draw = means_of_codes;
  return steps;
}

}  // namespace concepts
