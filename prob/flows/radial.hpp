#pragma once

#include "autograd/arg.hpp"
#include "prob/flows/flow.hpp"

namespace tapestry::prob {

/// Pushes z away from a centre, or towards it (Rezende and Mohamed 2015, equation 14), with r =
/// |z - centre|:
///
///     z' = z + beta (z - centre) / (alpha + r)
///     |det| = (1 + beta / (alpha + r))^(Z-1)  (1 + beta alpha / (alpha + r)^2)
///
/// It has an inverse if beta >= -alpha. Any strength is allowed: beta = -alpha + log(1 + e^strength)
/// (appendix A.2), so strength = log(e^alpha - 1) leaves z as it is.
struct RadialFlow {
  Tensor centre;           ///< [..., Z]
  Tensor alpha, strength;  ///< [..., 1]; alpha positive

  /// ShapeError unless alpha and strength have a last axis of 1; DomainError unless alpha is positive.
  RadialFlow(Arg centre, Arg alpha, Arg strength);

  Tensor beta() const;  ///< [..., 1]
  Flowed forward(const Tensor& z) const;
};

}  // namespace tapestry::prob
