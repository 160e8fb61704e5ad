#pragma once

#include "concepts/discrete/nvil_vimco.hpp"

// Wrong versions of single steps of VIMCO and of reweighted wake-sleep.

namespace concepts {

/// The baseline of a draw is the geometric mean of all weights: its own is among them.
inline Tensor own_draw_in_baseline(const Tensor& log_p, const Tensor& log_q) {
  const Tensor log_w = log_p - log_q, L = vae::iwae_bound(log_w);
  return L + sum(vae::score_term(log_q, L - mean(log_w, 0)), 0);
}

/// The bound differentiated at its draws as they are.
inline Tensor bound_of_fixed_draws(const Tensor& log_p, const Tensor& log_q) {
  return vae::iwae_bound(log_p - log_q);
}

}  // namespace concepts
