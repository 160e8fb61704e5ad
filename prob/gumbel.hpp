#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// The limit distribution of the maximum of many variables, elementwise.
///
///     log p(x) = -z - exp(-z) - log scale,   z = (x - loc) / scale
struct Gumbel {
  static constexpr const char* kName = "Gumbel";
  static constexpr std::array kArguments{"loc", "scale"};

  Tensor loc, scale;  ///< finite; positive
  int event_dims;

  Gumbel(Arg loc, Arg scale, int event_dims = 0);

  Shape shape() const { return broadcast(loc.shape(), scale.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;  ///< loc - scale log(-log u)
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;   ///< elementwise
  Tensor icdf(const Tensor& p) const;  ///< elementwise; p in (0, 1)
};

}  // namespace tapestry::prob
