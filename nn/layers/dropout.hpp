#pragma once

#include "nn/module.hpp"

namespace tapestry::nn {

/// Srivastava et al. 2014: in training each element is zero with probability p, and the others are
/// scaled by 1/(1-p), so that the mean stays. In evaluation y = x.
///
/// The masks come from a stream of the layer's own, seeded by the initialiser (or Module::seed).
class Dropout : public Layer {
 public:
  /// ConfigError unless 0 <= p < 1.
  explicit Dropout(double p = 0.5);

  std::string describe() const override;

  RandomStream random{*this, "random"};
  const double p;

 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tapestry::nn
