#pragma once

#include "concepts/bounds/importance_weighted.hpp"

// Wrong versions of the importance weighted autoencoder.

namespace concepts {

/// The least likely draw has the largest weight.
inline Tensor shares_of_minus_log_w(const Tensor& log_w) { return shares(-log_w); }
inline Tensor shares_with_gradient(const Tensor& log_w) { return vae::normalized_weights(log_w); }
/// The number that is climbed is printed as the bound.
inline Tensor surrogate(const Tensor& log_w, const Tensor& share) { return sum(share * log_w, 0); }
/// One KL in closed form for all draws, in the place of each draw's log q(z) - log p(z).
inline Tensor analytic_kl_inside(const prob::Normal& q, const Tensor& z) {
  const auto line = vae::exact::Line::example();
  return line.likelihood(z).log_prob(tensor(vae::exact::kLineX)) -
         prob::kl(q, line.prior(q.shape()));
}

}  // namespace concepts
