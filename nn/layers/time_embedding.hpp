#pragma once

#include "nn/module.hpp"

namespace tapestry::nn {

/// Sines and cosines of a number at many wavelengths, for networks that ask what time it is (Vaswani et al. 2017;
/// Ho et al. 2020): t [..., 1] -> [..., width], first the sines,
///
///     sin(2 pi t / w_k), cos(2 pi t / w_k),   w_k from `longest` down to `shortest`, evenly in their logarithm
///
/// Nothing is learned.
class TimeEmbedding : public Layer {
 public:
  /// ConfigError unless width is even and at least 4, and 0 < shortest < longest.
  TimeEmbedding(std::int64_t width, double longest, double shortest);

  std::string describe() const override;

 protected:
  Tensor forward(const Tensor& t) override;

 private:
  std::vector<double> rates_;  ///< radians for one unit of t
  const double longest_, shortest_;
};

}  // namespace tapestry::nn
