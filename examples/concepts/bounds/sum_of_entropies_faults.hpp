#pragma once

#include "concepts/bounds/sum_of_entropies.hpp"

namespace concepts {

/// The entropy of one latent, where there are K of them.
inline double prior_entropy_per_latent(std::int64_t) { return prior_entropy(1); }

}  // namespace concepts
