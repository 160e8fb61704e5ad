#pragma once

#include <span>

#include "prob/normal.hpp"
#include "vae/bounds/elbo.hpp"

namespace tapestry::vae {

/// One group of latents of a hierarchy or a sequence: its posterior and its prior, both given the groups before it
/// on the way, and the draw of the posterior, z [B, Z].
struct Level {
  prob::Normal q, p;
  Tensor z;
};

/// The terms of the bound: log p(x|z) [B], and the KL of each level in closed form given its own way, named "z1",
/// "z2", ... in the order of `levels`.
ElboTerms elbo(std::span<const Level> levels, const Tensor& log_lik);

/// log p(x, z) - log q(z|x) [B] of the draws; see log_weights.hpp.
Tensor log_weight(std::span<const Level> levels, const Tensor& log_lik);

}  // namespace tapestry::vae
