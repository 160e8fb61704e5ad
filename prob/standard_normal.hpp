#pragma once

#include "prob/normal.hpp"

namespace tapestry::prob {

/// N(0, 1) in every element of a shape: the usual prior over latents. It holds no values, and
/// kl(Normal, StandardNormal) is one fused op.
///
///     const prob::StandardNormal prior({20}, 1);   // z of 20 numbers
struct StandardNormal {
  static constexpr const char* kName = "StandardNormal";

  Shape shape_of_values;  ///< batch_shape + event_shape
  int event_dims;
  DType dtype;  ///< of samples and moments

  explicit StandardNormal(const Shape& shape, int event_dims = 0, DType dtype = default_dtype());

  Shape shape() const { return shape_of_values; }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor rsample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  Tensor mean() const;
  Tensor variance() const;
  Tensor entropy() const;
  /// The same distribution with its parameters written out.
  Normal normal() const;
};

}  // namespace tapestry::prob
