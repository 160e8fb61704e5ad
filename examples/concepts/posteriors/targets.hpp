#pragma once

#include "autograd/ops.hpp"
#include "prob/multivariate_normal.hpp"
#include "vae/exact/curve.hpp"

// Posteriors that a diagonal normal misses by a known number of nats (C38).

namespace concepts {

/// A normal with correlation 0.9. A diagonal one leaves 0.8303656 nats.
struct Slanted {
  static constexpr double kGap = 0.8303656;

  tapestry::Tensor log_p(const tapestry::Tensor& z) const { return normal.log_prob(z); }
  /// grad log p, [n, 2]
  tapestry::Tensor slope(const tapestry::Tensor& z) const {
    return matmul(z, tapestry::tensor({{-1.0, 0.9}, {0.9, -1.0}}) / (1 - 0.9 * 0.9));
  }

  tapestry::prob::MultivariateNormal normal = tapestry::prob::MultivariateNormal::from_covariance(
      tapestry::zeros({2}), tapestry::tensor({{1.0, 0.9}, {0.9, 1.0}}));
};

/// The posterior of the curve F3 at x = (0.9, -0.9), which has three peaks. A normal leaves 0.386983 nats.
struct ThreePeaks {
  static constexpr double kGap = 0.386983;

  /// z [n, 1] or [n] -> [n]
  tapestry::Tensor log_p(const tapestry::Tensor& z) const {
    return curve.log_joint(x, reshape(z, {-1})) - curve.log_px(x);
  }

  /// d/dz log p(x, z), [n, 1], written out: f' is the slope of the curve.
  tapestry::Tensor slope(const tapestry::Tensor& z) const {
    const tapestry::Tensor f = curve.decode(reshape(z, {-1})), angle = curve.phase + curve.rate * z;
    const tapestry::Tensor first = slice(f, 1, 0, 1) * cos(slice(angle, 1, 0, 1));
    const tapestry::Tensor along = concat({first, -sin(slice(angle, 1, 1, 2))}, 1) * curve.rate;
    return sum((x - f) * along, 1, true) / square(curve.sigma) - z;
  }

  tapestry::vae::exact::Curve curve = tapestry::vae::exact::Curve::example();
  tapestry::Tensor x = tapestry::tensor({0.9, -0.9});
};

}  // namespace concepts
