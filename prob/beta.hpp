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

  Beta(Arg a, Arg b, int event_dims = 0);

  Shape shape() const { return broadcast(a.shape(), b.shape()); }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const {
    return unrecorded_sample(*this, rng, sample_shape);
  }
  /// From two gammas, by implicit reparameterisation. What the dtype cannot hold comes out as its
  /// smallest normal number, or the last one before 1: with a = 0.05 in f32 one of 80.
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
};

}  // namespace tapestry::prob
