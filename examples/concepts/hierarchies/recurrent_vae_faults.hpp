#pragma once

#include <cmath>
#include <numbers>

#include "concepts/hierarchies/recurrent_vae.hpp"

// Wrong versions of single steps of VRNN.

namespace concepts {

/// The prior of a VAE, which knows nothing of the frames before.
inline Tensor kl_to_standard(const prob::Normal& q, const prob::Normal&) {
  return prob::kl(q, prob::StandardNormal(q.shape(), 1));
}

/// A squared distance and log scale alone: what is left out is no part of the gradient.
inline Tensor log_lik_without_log_two_pi(const prob::Normal& p, const Tensor& x) {
  return p.log_prob(x) + 0.5 * std::log(2 * std::numbers::pi) * static_cast<double>(x.dim(-1));
}

/// The network reads the mean in place of the frame that was drawn.
inline Tensor mean_fed_back(const prob::Normal& p, const Tensor&) { return p.mean(); }

/// As small as it likes, down to 0.
inline Tensor scale_without_least(const Tensor& raw) { return softplus(raw); }

}  // namespace concepts
