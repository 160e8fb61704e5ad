#pragma once

#include "prob/distribution.hpp"
#include "prob/poincare_ball.hpp"

namespace tapestry::prob {

/// A normal distribution of tangents, wrapped around the Poincare ball (Nagano et al. 2019; Mathieu et al., Continuous
/// Hierarchical Representations with Poincare Variational Auto-Encoders, 2019, section 3.1): z = ball_exp(loc, v) with
/// v ~ N(0, diag(scale^2)). The event is at least the last axis.
///
///     log p(z) = log N(v; 0, scale) - (m - 1) log(sinh(sqrt(c) r) / (sqrt(c) r)),   r = |v| = distance of z and loc
///
/// A density with respect to the ball's own volume, (2 / (1 - c |z|^2))^m dz. In f32 distances above 8 / sqrt(c) lose digits, and
/// from 17 / sqrt(c) on a sample is rounded to the rim, which log_prob refuses.
struct WrappedNormal {
  static constexpr const char* kName = "WrappedNormal";
  static constexpr std::array kArguments{"loc", "scale"};

  Tensor loc;        ///< in the ball; [..., m]
  Tensor scale;      ///< positive, in the ball's own lengths; broadcasts with loc
  double curvature;  ///< c
  int event_dims;

  WrappedNormal(Arg loc, Arg scale, double curvature = 1, int event_dims = 1);

  Shape shape() const { return broadcast(loc.shape(), scale.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  /// The density from the tangent that was drawn, which keeps its digits near the rim.
  SampledLatent rsample_and_log_prob(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;

 private:
  Tensor log_prob_of_tangent(const Tensor& v) const;
};

}  // namespace tapestry::prob
