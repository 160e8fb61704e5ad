#pragma once

#include "autograd/tensor.hpp"

// The Poincare ball of curvature -c: points z [..., m] with |z| < 1 / sqrt(c), where a step of the length dz is
// 2 |dz| / (1 - c |z|^2) long. The rim is infinitely far away, and a disc holds exponentially more than its radius squared.
// `c` is positive; at c = 0 the space would be flat, with a step of the length 2 |dz|.

namespace tapestry::prob {

/// x [..., m] + y in the ball (Moebius addition): y seen from the middle, carried to x. Neither commutative nor associative.
Tensor ball_add(const Tensor& x, const Tensor& y, double c);
/// The distance of points [..., m] -> [...].
Tensor ball_distance(const Tensor& x, const Tensor& y, double c);
/// The point at the end of the geodesic that leaves `from` in the direction of v [..., m] and is |v| long.
Tensor ball_exp(const Tensor& from, const Tensor& v, double c);
/// v of ball_exp(from, v, c) = z.
Tensor ball_log(const Tensor& from, const Tensor& z, double c);

}  // namespace tapestry::prob
