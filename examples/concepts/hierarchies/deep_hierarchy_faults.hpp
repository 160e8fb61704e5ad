#pragma once

#include "concepts/hierarchies/deep_hierarchy.hpp"

// Wrong versions of single steps of the deep hierarchy.

namespace concepts {

/// The ratio is taken for the posterior's own scale.
inline Normal ratio_as_scale(const ResidualNormal& r) {
  return Normal(r.p.loc + r.delta, exp(r.log_ratio), 3);
}

/// The axis of the images is summed away too.
inline Tensor kl_of_batch(const ResidualNormal& r) { return sum(r.kl()); }

/// The mean over the maps in the place of their sum.
inline Tensor kl_of_a_pixel(const ResidualNormal& r) {
  const Shape shape = r.delta.shape();
  return r.kl() / static_cast<double>(shape.size() / shape[0]);
}

}  // namespace concepts
