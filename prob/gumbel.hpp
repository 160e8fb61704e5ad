#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// The largest of many: the limit law of maxima, elementwise.
///
///     log p(x) = -z - exp(-z) - log scale,   z = (x - loc) / scale
struct Gumbel {
  static constexpr const char* kName = "Gumbel";
  static constexpr std::array kArguments{"loc", "scale"};

  Tensor loc, scale;  ///< finite; positive
  int event_dims;

  Gumbel(Tensor loc, Tensor scale, int event_dims = 0);

  Shape shape() const { return broadcast(loc.shape(), scale.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;  ///< loc - scale log(-log u)
  Tensor log_prob(const Tensor& x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;   ///< elementwise
  Tensor icdf(const Tensor& p) const;  ///< elementwise; p in (0, 1)

  static Gumbel from(std::span<const Tensor> a) { return {a[0], a[1]}; }
  static std::vector<Case> cases();
};

}  // namespace tapestry::prob
