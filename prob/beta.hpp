#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// Beta on (0, 1), elementwise.
///
///     log p(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b)
struct Beta {
  static constexpr const char* kName = "Beta";
  static constexpr std::array kArguments{"a", "b"};

  Tensor a, b;  ///< both positive
  int event_dims;

  Beta(Tensor a, Tensor b, int event_dims = 0);

  Shape shape() const { return broadcast(a.shape(), b.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor rsample(Rng& rng, const Shape& sample_shape = {})
      const;  ///< from two gammas, implicit reparameterisation
  Tensor log_prob(const Tensor& x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;

  static Beta from(std::span<const Tensor> a) { return {a[0], a[1]}; }
  static std::vector<Case> cases();
};

/// log B(a, b) = log Gamma(a) + log Gamma(b) - log Gamma(a + b)
Tensor log_beta(const Tensor& a, const Tensor& b);

}  // namespace tapestry::prob
