#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// The double exponential density around loc, elementwise.
///
///     log p(x) = -|x - loc| / scale - log(2 scale)
struct Laplace {
  static constexpr const char* kName = "Laplace";
  static constexpr std::array kArguments{"loc", "scale"};

  Tensor loc, scale;  ///< finite; positive
  int event_dims;

  Laplace(Arg loc, Arg scale, int event_dims = 0);

  Shape shape() const { return broadcast(loc.shape(), scale.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;  ///< through icdf
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;   ///< elementwise
  Tensor icdf(const Tensor& p) const;  ///< elementwise; p in (0, 1)
};

}  // namespace tapestry::prob
