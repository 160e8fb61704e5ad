#pragma once

#include <span>

#include "prob/normal.hpp"
#include "vae/bounds/elbo.hpp"

namespace tapestry::vae {

/// One group of latents of a hierarchy or a sequence: its posterior, given the groups drawn before it, its prior, and
/// the draw of the posterior, z [B, Z].
struct Level {
  prob::Normal q, p;
  Tensor z;
};

/// The terms of the bound: log p(x|z) [B], and the KL of each level in closed form, named "z1", "z2", ... in the order
/// of `levels`. Every prior is given groups that were drawn before its own, as in a ladder: the closed form averages
/// over z, and would break the tie of z with a later draw in p.
ElboTerms elbo(std::span<const Level> levels, const Tensor& log_lik);

/// The same with log q(z) - log p(z) at the draws for each level, which may be below 0 for an image. Right for every
/// order of drawing: also where q goes up from the image while p comes down.
ElboTerms elbo_at_draws(std::span<const Level> levels, const Tensor& log_lik);

/// log p(x, z) - log q(z|x) [B] of the draws; see log_weights.hpp.
Tensor log_weight(std::span<const Level> levels, const Tensor& log_lik);

}  // namespace tapestry::vae
