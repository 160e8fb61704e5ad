#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// Gamma with shape `concentration` and rate (inverse scale), elementwise.
///
///     log p(x) = a log(rate) + (a - 1) log x - rate x - log Gamma(a),   a = concentration, x > 0
struct Gamma {
  static constexpr const char* kName = "Gamma";
  static constexpr std::array kArguments{"concentration", "rate"};

  Tensor concentration, rate;  ///< both positive
  int event_dims;

  Gamma(Arg concentration, Arg rate, int event_dims = 0);

  Shape shape() const { return broadcast(concentration.shape(), rate.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  /// Implicit reparameterisation (special/gamma_quantile.cpp). What is too small for the dtype comes out as its
  /// smallest normal number: with concentration 0.05 in f32 one of 80. DomainError for a concentration above 1e8, here and
  /// in `cdf`.
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;  ///< elementwise; 0 for x < 0
};

}  // namespace tapestry::prob
