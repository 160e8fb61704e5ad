#pragma once

#include "concepts/hierarchies/canvas.hpp"

// Wrong versions of single steps of DRAW.

namespace concepts {

/// Equation 11 as it is printed: T/2 is taken off, where each of the latents of each step has its 1/2.
inline vae::ElboTerms half_a_step(std::span<const Level> levels, const Tensor& log_lik) {
  vae::ElboTerms terms{.log_lik = log_lik};
  for (std::size_t t = 0; t < levels.size(); ++t) {
    const Tensor variance = square(levels[t].q.scale);
    terms.kl += {{"z" + std::to_string(t + 1),
                  0.5 * sum(square(levels[t].q.loc) + variance - log(variance), -1) - 0.5}};
  }
  return terms;
}

/// Each step draws its noise from the same place of the stream.
inline Tensor same_noise(const Normal& q, Rng& rng) {
  Rng from_here = rng;
  return q.rsample(from_here);
}

/// The canvas is compared with itself.
inline Tensor own_target(const prob::Bernoulli& p, const Tensor&) {
  return p.log_prob(p.mean().detach());
}

}  // namespace concepts
