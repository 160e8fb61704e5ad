#pragma once

#include "nn/optim/optimizer.hpp"

namespace tapestry::nn {

struct RmsPropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;  ///< divide by the standard deviation instead of the root mean square
};

/// Tieleman and Hinton 2012 (centered: Graves 2013), in PyTorch's form (g = gradient + weight_decay
/// * value):
///
///     v = alpha v + (1 - alpha) g^2
///     centered:  mean = alpha mean + (1 - alpha) g,  step = g / (sqrt(v - mean^2) + eps)
///     otherwise: step = g / (sqrt(v) + eps)
///     momentum:  velocity = momentum velocity + step,  value -= lr velocity
///     otherwise: value -= lr step
class RmsProp : public Optimizer {
 public:
  explicit RmsProp(std::vector<Parameter*> parameters, const RmsPropOptions& options = {});

 protected:
  bool update(const Chunk<float>& chunk) const override;
  bool update(const Chunk<double>& chunk) const override;

 private:
  const RmsPropOptions options_;
};

}  // namespace tapestry::nn
