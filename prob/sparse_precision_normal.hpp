#pragma once

#include "prob/distribution.hpp"
#include "prob/later_pixels.hpp"

namespace tapestry::prob {

/// A normal vector of length D with covariance (L L^T)^-1, where each column of the lower triangular L has at most
/// K numbers below its diagonal; the last axis is the event. Time and memory are linear in D, no D x D matrix is made.
///
///     log p(x) = sum_i log L_ii - |L^T (x - loc)|^2 / 2 - D log(2 pi) / 2
///     (L^T v)_i = L_ii v_i + sum_k below_ik v_j,   j = later_ik
///
/// Dorta, Vicente, Agapito, Campbell and Simpson, Structured Uncertainty Prediction Networks, 2018, equations 5 to 7.
struct SparsePrecisionNormal {
  static constexpr const char* kName = "SparsePrecisionNormal";
  static constexpr std::array kArguments{"loc", "diagonal", "below"};

  Tensor loc;       ///< finite; [..., D]
  Tensor diagonal;  ///< L_ii, positive; [..., D]
  Tensor below;     ///< below_ik = L_ji, finite; [..., D, K]
  Tensor later;     ///< j > i, or D where there is no number; i32 [D, K]
  int event_dims;

  /// DomainError if `later` has a j that is not above its i, or is above D.
  SparsePrecisionNormal(Arg loc, Arg diagonal, Arg below, Tensor later, int event_dims = 1);

  Shape shape() const {
    return broadcast(broadcast(loc.shape(), diagonal.shape()), below.shape().without(-1));
  }
  /// loc + L^-T e, e ~ N(0, I), solved from the last number to the first.
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  /// L^T (x - loc), which is N(0, I) where x is of this distribution. x [..., D]. Recorded.
  Tensor whiten(const Tensor& x) const;
  Tensor mean() const;
  Tensor entropy() const;
};

}  // namespace tapestry::prob
