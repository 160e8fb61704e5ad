#pragma once

#include "vae/inference/hmc.hpp"

// Annealed importance sampling (Neal, Annealed importance sampling, 2001): from a density that is easy to draw from to
// one that is not, in many small steps. Along the path
//
//     f_t = start^(1 - b_t) target^(b_t),   0 = b_0 < ... < b_T = 1
//
// a draw z_0 of the start is weighed by f_t / f_t-1 at z_t-1 and then moved by a step of HMC that leaves f_t as it is.
// With start = p(z) and target = p(x, z), both as functions of z, the mean of the weights is p(x).

namespace tapestry::vae {

struct AnnealingOptions {
  int steps = 100;  ///< T; the b_t are closer together at both ends (a logistic curve)
  int leapfrog_steps = 5;
  double step = 0.1;  ///< of leapfrog
};

/// log w [C] from draws z [C, ...] of the start: E[w] is the normaliser of the target over that of the start, so that
/// log w is too low on average, by less the more steps there are. Not recorded. ConfigError for options that make
/// no sense; ShapeError unless both densities give [C].
Tensor annealed_log_weights(const LogDensity& log_start, const LogDensity& log_target,
                            const Tensor& z, Rng& rng, const AnnealingOptions& options = {});

/// The same path backwards, from draws z [C, ...] of the target (Grosse, Ghahramani and Adams 2015): E[1/w] is the
/// inverse ratio, so that log w is too high on average. Both together bracket log p(x) of an x that the model
/// itself has drawn, since its own z is a draw of the posterior.
Tensor reverse_annealed_log_weights(const LogDensity& log_start, const LogDensity& log_target,
                                    const Tensor& z, Rng& rng,
                                    const AnnealingOptions& options = {});

}  // namespace tapestry::vae
