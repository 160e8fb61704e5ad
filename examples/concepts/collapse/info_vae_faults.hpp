#pragma once

#include "concepts/collapse/info_vae.hpp"

// Wrong versions of equation 6.

namespace concepts {

/// alpha + lambda in the place of alpha + lambda - 1.
inline vae::Objective one_forgotten(const vae::ElboTerms& terms, const Tensor& d,
                                    const vae::InfoWeights& w) {
  vae::Objective o = vae::info_objective(terms, d, w);
  o.value = o.value - d;
  return o;
}

/// The divergence counts once for each image of the batch.
inline vae::Objective times_batch(const vae::ElboTerms& terms, const Tensor& d,
                                  const vae::InfoWeights& w) {
  return vae::info_objective(terms, static_cast<double>(terms.log_lik.size()) * d, w);
}

/// An alpha above 1 rewards the KL, and nobody says so.
inline vae::Objective unchecked(const vae::ElboTerms& terms, const Tensor& d,
                                const vae::InfoWeights& w) {
  vae::Objective o = vae::info_objective(terms, d, {});
  o.value = terms.log_lik - (1 - w.alpha) * terms.kl.total() - (w.alpha + w.lambda - 1) * d;
  return o;
}

}  // namespace concepts
