#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// The constant density on [low, high], elementwise; log_prob is -inf outside.
///
///     log p(x) = -log(high - low)
struct Uniform {
  static constexpr const char* kName = "Uniform";
  static constexpr std::array kArguments{"low", "high"};

  Tensor low, high;  ///< finite, low < high
  int event_dims;

  Uniform(Arg low, Arg high, int event_dims = 0);

  Shape shape() const { return broadcast(low.shape(), high.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;  ///< low + (high - low) u
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;   ///< elementwise
  Tensor icdf(const Tensor& p) const;  ///< elementwise; p in (0, 1)
};

}  // namespace tapestry::prob
