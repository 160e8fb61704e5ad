#pragma once

#include <cstdint>
#include <functional>

#include "autograd/random.hpp"
#include "autograd/tensor.hpp"

// Hamiltonian Monte Carlo (Duane et al. 1987; Neal 2011): samples of a density that is known up to a
// factor, moved by its gradient. Axis 0 holds C independent chains.

namespace tapestry::vae {

/// log p(z) + constant for z [C, ...]: the result is [C], the i-th made from z[i] alone, and
/// differentiable in z.
using LogDensity = std::function<Tensor(const Tensor& z)>;

/// Position and momentum of a particle of mass 1 in the potential -log p. Both [C, ...].
struct PhasePoint {
  Tensor position, momentum;
};

/// `steps` steps of length `step` along the particle's trajectory:
///
///     r += step/2 grad log p(z);   z += step r;   r += step/2 grad log p(z)
///
/// Reversible: the same steps from the negated momentum lead back to the start. It preserves volume
/// and nearly the energy. Where log p or its gradient is not finite, no force acts.
PhasePoint leapfrog(const LogDensity& log_density, PhasePoint start, double step, int steps);

/// [C] -log p(z) + |r|^2 / 2; infinite where log p is not finite.
Tensor energy(const LogDensity& log_density, const PhasePoint& phase);

struct HmcOptions {
  std::int64_t samples = 1000;  ///< kept for each chain
  std::int64_t warmup = 500;    ///< dropped; the step is adapted meanwhile
  int leapfrog_steps = 10;
  double step = 0.1;               ///< the first guess
  double target_acceptance = 0.8;  ///< what the step is adapted to; 0 keeps `step` as it is
};

struct HmcResult {
  Tensor samples;         ///< [samples, C, ...]
  double acceptance = 0;  ///< mean acceptance probability after the warm-up
  double step = 0;        ///< mean step after the warm-up
};

/// Proposals are accepted with probability min(1, exp(energy before - energy after)), so that p is
/// the stationary distribution. The step is adapted by dual averaging (Hoffman and Gelman 2014,
/// section 3.2) over all chains; each path takes one up to 20 % longer or shorter.
/// Parameter::grad stays as it is.
///
///     const auto chain = vae::hmc(log_joint, zeros({8, 2}), rng, {.samples = 2000});
///
/// ConfigError for options that make no sense; DomainError if log p is not finite at `start`.
HmcResult hmc(const LogDensity& log_density, const Tensor& start, Rng& rng,
              const HmcOptions& options = {});

}  // namespace tapestry::vae
