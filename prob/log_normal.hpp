#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// exp of a normal variable, elementwise.
///
///     log p(x) = log N(log x | loc, scale^2) - log x,   x > 0
struct LogNormal {
  static constexpr const char* kName = "LogNormal";
  static constexpr std::array kArguments{"loc", "scale"};

  Tensor loc, scale;  ///< of log x: finite; positive
  int event_dims;

  LogNormal(Arg loc, Arg scale, int event_dims = 0);

  Shape shape() const { return broadcast(loc.shape(), scale.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;   ///< elementwise; 0 for x < 0
  Tensor icdf(const Tensor& p) const;  ///< elementwise; p in (0, 1)
};

}  // namespace tapestry::prob
