#pragma once

#include "concepts/discrete/bidirectional_helmholtz.hpp"

// Wrong versions of single steps of the bidirectional Helmholtz machine.

namespace concepts {

/// The model and the three steps that a wrong version replaces.
struct HelmholtzSteps {
  Tensor (*tilde)(const Tensor&, const Tensor&) = log_p_tilde;
  Tensor (*star)(const Tensor&) = log_p_star;
  Tensor (*weights)(const Tensor&) = weights_of_p_star;
};

/// Without the square root h has the weight p / q, and the sum over h is p(x).
inline Tensor weights_without_root(const Tensor& log_w) { return vae::normalized_weights(log_w); }
inline Tensor tilde_without_root(const Tensor& log_p, const Tensor&) {
  return logsumexp(log_p, -1);
}

/// p~* is taken for p*.
inline Tensor star_without_z(const Tensor& tilde) { return tilde; }

/// q(x) is the same for all x, not p*(x): then p*(x) is in proportion to the sum of roots, not to its square.
inline Tensor star_of_uniform_q(const Tensor& tilde) { return log_p_star(0.5 * tilde); }

/// The bound differentiated at its draws as they are: what q has to do with drawing them is left out.
inline vae::Objective helmholtz_of_fixed_draws(BeliefNet& net, const Tensor& x, Rng& rng,
                                               std::int64_t samples) {
  const Tensor bound = vae::renyi_bound(net.log_weights(x, rng, samples), 0.5);
  return {.value = bound, .bound = bound};
}

}  // namespace concepts
