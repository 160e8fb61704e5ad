#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// A normal whose values are rounded to the nearest of evenly spaced levels, elementwise: a density of grey pixels
/// that is a probability. What falls outside goes to the first or the last level.
///
///     P(x) = Phi((x + h - loc) / scale) - Phi((x - h - loc) / scale),   h = half a step
///
/// Ho, Jain and Abbeel 2020, equation 13. The levels lie in the middle of `levels` cells of (-1, 1): byte v is
/// (2 v + 1) / 256 - 1.
struct DiscretizedNormal {
  static constexpr const char* kName = "DiscretizedNormal";
  static constexpr std::array kArguments{"loc", "scale"};

  Tensor loc, scale;  ///< finite; positive
  int event_dims;
  int levels = 256;

  DiscretizedNormal(Arg loc, Arg scale, int event_dims = 0, int levels = 256);

  Shape shape() const { return broadcast(loc.shape(), scale.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  /// x holds levels; not differentiable in x. -inf where both probabilities underflow: some 13 scales away from a
  /// level in f32, 38 in f64. A wide scale costs digits: about eps / P(x) of them.
  Tensor log_prob(Arg x) const;
};

}  // namespace tapestry::prob
