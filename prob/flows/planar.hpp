#pragma once

#include "autograd/arg.hpp"
#include "prob/flows/flow.hpp"

namespace tapestry::prob {

/// Moves z along u^ by a function of its coordinate along w (Rezende and Mohamed 2015, equations 10
/// to 12):
///
///     z' = z + u^ h(w^T z + b)              h = tanh
///     log |det| = log |1 + u^^T psi|        psi = h'(w^T z + b) w
///
/// It has an inverse if w^T u^ >= -1, but no formula for it. Any u is allowed: the map uses
///
///     u^ = u + (m(w^T u) - w^T u) w / |w|^2         m(a) = -1 + log(1 + e^a)
///
/// (appendix A.1), so that w^T u^ = m(w^T u).
struct PlanarFlow {
  Tensor w, u;  ///< [..., Z]; w is not 0
  Tensor b;     ///< [..., 1]

  /// ShapeError unless w and u have a last axis Z, and b one of 1; DomainError where w is 0.
  PlanarFlow(Arg w, Arg u, Arg b);

  Tensor allowed_u() const;  ///< u^ [..., Z]
  Flowed forward(const Tensor& z) const;
};

}  // namespace tapestry::prob
