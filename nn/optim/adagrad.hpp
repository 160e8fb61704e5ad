#pragma once

#include "nn/optim/optimizer.hpp"

namespace tapestry::nn {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double eps = 1e-10;
  double weight_decay = 0;
};

/// Duchi, Hazan and Singer 2011, the optimizer of the AEVB paper (g = gradient + weight_decay *
/// value):
///
///     sum += g^2
///     value -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(sum) + eps)
class Adagrad : public Optimizer {
 public:
  explicit Adagrad(std::vector<Parameter*> parameters, const AdagradOptions& options = {});

 protected:
  bool update(const Chunk<float>& chunk) const override;
  bool update(const Chunk<double>& chunk) const override;

 private:
  const AdagradOptions options_;
};

}  // namespace tapestry::nn
