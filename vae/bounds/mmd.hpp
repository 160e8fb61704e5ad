#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "prob/mixture.hpp"
#include "prob/monte_carlo.hpp"

// The maximum mean discrepancy (Gretton et al. 2012): how far apart are two distributions, told from
// samples alone? Two samples of p look as alike as a sample of p and one of q just when p = q:
//
//     MMD^2(p, q) = E k(x, x') + E k(y, y') - 2 E k(x, y)      x, x' ~ p,  y, y' ~ q, independent
//     k(x, y)     = mean over the bandwidths h of exp(-|x - y|^2 / (2 h^2))
//
// It is 0 for p = q only, and below 2. A bandwidth h sees what differs on the scale h: list a few.

namespace tapestry::vae {

/// |x_i - y_j|^2 for x [n, D] and y [m, D]: [n, m], never below 0. Recorded. ShapeError.
Tensor squared_distances(const Tensor& x, const Tensor& y);

/// The mean distance of each row of `real` [n, D] to the nearest row of `made` [m, D]: how well the made ones cover the
/// real ones. It falls with m, so compare equal numbers. Not recorded. ShapeError.
double distance_to_nearest(const Tensor& real, const Tensor& made);

/// Positive, at least one (DomainError, ConfigError); in the units of x.
using Bandwidths = std::vector<double>;

/// In the place of the bandwidths: a kernel whose tail falls like a power, so that a code far from all draws of the prior
/// still has a slope (Tolstikhin et al., Wasserstein Auto-Encoders, 2018, section 4; they take the sum).
///
///     k(x, y) = mean over the scales C of C / (C + |x - y|^2)
struct InverseMultiquadratic {
  explicit InverseMultiquadratic(std::vector<double> of) : scales(std::move(of)) {}
  /// Theirs for a prior N(0, variance I) over D numbers, whose draws have 2 D variance as mean |x - y|^2: C is that times
  /// 0.1, 0.2, 0.5, 1, 2, 5, 10.
  static InverseMultiquadratic of_normal(std::int64_t D, double variance = 1);

  std::vector<double>
      scales;  ///< positive, at least one (DomainError, ConfigError); squares of lengths
};

/// The statistic of n samples of each, x and y [n, D] with n >= 2: the mean over all i != j of
/// k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i). Without bias, hence sometimes below 0.
/// n^2 kernels. Recorded: a scalar, which a model can learn to make small.
Tensor mmd_squared(const Tensor& x, const Tensor& y, const Bandwidths& bandwidths);
Tensor mmd_squared(const Tensor& x, const Tensor& y, const InverseMultiquadratic& kernel);
/// The same with its standard error, a little too large: by the factor sqrt(2) for p = q. Not
/// recorded.
prob::Estimate estimate_mmd_squared(const Tensor& x, const Tensor& y, const Bandwidths& bandwidths);
prob::Estimate estimate_mmd_squared(const Tensor& x, const Tensor& y,
                                    const InverseMultiquadratic& kernel);

/// What it estimates, exactly, for mixtures of diagonal normals over vectors [D] (event_dims 1, K
/// parts each): for x ~ N(a, diag s^2) and y ~ N(b, diag t^2)
///
///     E exp(-|x - y|^2 / (2 h^2)) = prod_d h / c_d exp(-(a_d - b_d)^2 / (2 c_d^2)),  c^2 = h^2 + s^2 + t^2
///
/// Recorded.
Tensor mmd_squared(const prob::Mixture<prob::Normal>& p, const prob::Mixture<prob::Normal>& q,
                   const Bandwidths& bandwidths);

}  // namespace tapestry::vae
