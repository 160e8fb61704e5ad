#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// N(loc, scale^2), elementwise; with event_dims = 1 a diagonal normal over the last axis.
///
///     log p(x) = -(x - loc)^2 / (2 scale^2) - log scale - log(2 pi) / 2
struct Normal {
  static constexpr const char* kName = "Normal";
  static constexpr std::array kArguments{"loc", "scale"};

  Tensor loc, scale;  ///< finite; positive
  int event_dims;

  Normal(Arg loc, Arg scale, int event_dims = 0);

  Shape shape() const { return broadcast(loc.shape(), scale.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  /// loc + scale * e with e ~ N(0, 1): the reparameterisation of AEVB, section 2.4.
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;   ///< elementwise
  Tensor icdf(const Tensor& p) const;  ///< elementwise; p in (0, 1)
};

}  // namespace tapestry::prob
