#pragma once

#include "nn/optim/optimizer.hpp"

namespace tapestry::nn {

struct SgdOptions {
  double lr = 1e-2;
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;  ///< needs momentum
};

/// Stochastic gradient descent, in PyTorch's form (g = gradient + weight_decay * value):
///
///     plain:     value -= lr g
///     momentum:  velocity = momentum velocity + g,  value -= lr velocity
///     nesterov:  the same velocity,                 value -= lr (g + momentum velocity)
class Sgd : public Optimizer {
 public:
  explicit Sgd(std::vector<Parameter*> parameters, const SgdOptions& options = {});

 protected:
  bool update(const Chunk<float>& chunk) const override;
  bool update(const Chunk<double>& chunk) const override;

 private:
  const SgdOptions options_;
};

}  // namespace tapestry::nn
