#pragma once

#include "nn/optim/optimizer.hpp"

namespace tapestry::nn {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< added to the gradient: an L2 penalty; AdamW decouples it
};

/// Kingma and Ba 2015, in PyTorch's order of operations (g = gradient + weight_decay * value):
///
///     m = beta1 m + (1 - beta1) g              mhat = m / (1 - beta1^t)
///     v = beta2 v + (1 - beta2) g^2            vhat = v / (1 - beta2^t)
///     value -= lr mhat / (sqrt(vhat) + eps)
class Adam : public Optimizer {
 public:
  explicit Adam(std::vector<Parameter*> parameters, const AdamOptions& options = {});

 protected:
  bool update(const Chunk<float>& chunk) const override;
  bool update(const Chunk<double>& chunk) const override;

 private:
  const AdamOptions options_;
};

}  // namespace tapestry::nn
