#pragma once

#include "prob/distribution.hpp"

namespace tapestry::prob {

/// The number of events that occur at a constant rate, elementwise.
///
///     log p(x) = x log(rate) - rate - log(x!),   x = 0, 1, 2, ...
struct Poisson {
  static constexpr const char* kName = "Poisson";
  static constexpr std::array kArguments{"rate"};

  Tensor rate;  ///< positive
  int event_dims;

  explicit Poisson(Arg rate, int event_dims = 0);

  Shape shape() const { return rate.shape(); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;  ///< by a normal from 1e8 on
  Tensor log_prob(Arg x) const;  ///< x holds whole numbers in rate's dtype
  Tensor mean() const;
  Tensor variance() const;
};

}  // namespace tapestry::prob
