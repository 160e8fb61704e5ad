#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// Waiting times with a constant rate, elementwise.
///
///     log p(x) = log rate - rate x,   x >= 0
struct Exponential {
  static constexpr const char* kName = "Exponential";
  static constexpr std::array kArguments{"rate"};

  Tensor rate;  ///< positive
  int event_dims;

  explicit Exponential(Arg rate, int event_dims = 0);

  Shape shape() const { return rate.shape(); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;  ///< -log(u) / rate
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;   ///< elementwise; 0 for x < 0
  Tensor icdf(const Tensor& p) const;  ///< elementwise; p in (0, 1)
};

}  // namespace tapestry::prob
