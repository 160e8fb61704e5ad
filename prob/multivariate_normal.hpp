#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// A normal vector of length D with covariance L L^T; the last axis is the event.
///
///     log p(x) = -|z|^2 / 2 - sum_i log L_ii - D log(2 pi) / 2,   L z = x - loc
struct MultivariateNormal {
  static constexpr const char* kName = "MultivariateNormal";
  static constexpr std::array kArguments{"loc", "scale_tril"};

  Tensor loc;         ///< finite; [..., D]
  Tensor scale_tril;  ///< L: lower triangular with a positive diagonal; [..., D, D]
  int event_dims;

  MultivariateNormal(Arg loc, Arg scale_tril, int event_dims = 1);
  /// covariance is symmetric and positive definite, [..., D, D].
  static MultivariateNormal from_covariance(const Tensor& loc, const Tensor& covariance,
                                            int event_dims = 1);

  Shape shape() const { return broadcast(loc.shape(), scale_tril.shape().without(-1)); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;  ///< loc + L e, e ~ N(0, I)
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;    ///< the diagonal of the covariance
  Tensor covariance() const;  ///< [..., D, D]
  Tensor entropy() const;
};

/// |z|^2 over the last axis, where L z = v: the squared Mahalanobis length of v. l [..., D, D], v
/// [..., D].
Tensor squared_length(const Tensor& l, const Tensor& v);

}  // namespace tapestry::prob
