#pragma once

#include "vae/models/ladder.hpp"

// Wrong versions of the step that merges the way up with the way down.

namespace concepts {

using namespace tapestry;
using prob::Normal, vae::Level;

/// The draw is of the product, but the KL is that of the way up alone.
inline Level kl_of_encoder(const Normal& says, const Normal& p, Rng& rng) {
  return {says, p, prob::product(says, p).rsample(rng)};
}

/// Variances in the place of precisions.
inline Level add_variances(const Normal& says, const Normal& p, Rng& rng) {
  const Tensor a = square(says.scale), b = square(p.scale);
  const Normal q((a * says.loc + b * p.loc) / (a + b), sqrt(a + b), 1);
  return {q, p, q.rsample(rng)};
}

}  // namespace concepts
