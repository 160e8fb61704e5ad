#pragma once

#include "autograd/constraint.hpp"
#include "prob/distribution.hpp"

namespace tapestry::prob {

/// log of the surface of the unit sphere in m dimensions, 2 pi^(m/2) / Gamma(m/2).
double log_surface(std::int64_t m);

/// DomainError unless the vectors along the last axis have the length 1, up to rounding.
void check_unit_length(Caller caller, const char* argument, const Tensor& x);

/// Every unit vector of length m is as likely as every other: the prior of a VAE whose codes lie on a sphere.
struct SphereUniform {
  static constexpr const char* kName = "SphereUniform";

  Shape shape_of_values;  ///< batch_shape + [m]
  int event_dims;
  DType dtype;  ///< of samples and moments

  /// ShapeError unless m >= 2.
  explicit SphereUniform(const Shape& shape, int event_dims = 1, DType dtype = default_dtype());

  Shape shape() const { return shape_of_values; }
  Tensor sample(Rng& rng, const Shape& sample_shape = {}) const;
  Tensor log_prob(Arg x) const;
  Tensor entropy() const;  ///< the logarithm of the sphere's surface
};

}  // namespace tapestry::prob
