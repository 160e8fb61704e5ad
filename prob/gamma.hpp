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

  Gamma(Tensor concentration, Tensor rate, int event_dims = 0);

  Shape shape() const { return broadcast(concentration.shape(), rate.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor rsample(Rng& rng, const Shape& sample_shape = {})
      const;  ///< implicit reparameterisation (special.hpp)
  Tensor log_prob(const Tensor& x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  Tensor cdf(const Tensor& x) const;  ///< elementwise

  static Gamma from(std::span<const Tensor> a) { return {a[0], a[1]}; }
  static std::vector<Case> cases();
};

}  // namespace tapestry::prob
