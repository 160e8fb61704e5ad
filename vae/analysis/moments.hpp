#pragma once

#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// Mean and spread of a random tensor, element by element, each with its standard error. All f64 and
/// of the tensor's shape.
struct Noise {
  Tensor mean, mean_se;
  Tensor variance, variance_se;  ///< of one draw
  Tensor snr, snr_se;            ///< signal-to-noise ratio |mean| / standard deviation
};

/// Collects draws of a tensor and keeps their first four moments: nothing is stored per draw.
class Moments {
 public:
  explicit Moments(const Shape& shape);

  /// Adds one draw of that shape, f32 or f64. ShapeError for another shape; DomainError that
  /// names the element if a value is not finite.
  void add(const Tensor& draw);
  /// Adds many draws, [n] + shape.
  void add_all(const Tensor& draws);
  std::int64_t count() const { return count_; }

  /// Mean and spread of the draws so far; at least 2 (ConfigError). The errors of variance and
  /// ratio are of first order in 1/count. An element that never varied has the ratio infinity, or 0
  /// if it is always 0; such a ratio has the error 0.
  Noise noise() const;

 private:
  struct Element {
    double mean = 0, m2 = 0, m3 = 0, m4 = 0;  ///< m_k = sum of (draw - mean)^k
  };

  Shape shape_;
  std::int64_t count_ = 0;
  std::vector<Element> elements_;
};

}  // namespace tapestry::vae
