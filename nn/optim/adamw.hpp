#pragma once

#include "nn/optim/adam.hpp"

namespace tapestry::nn {

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
};

/// Loshchilov and Hutter 2019: the decay acts on the values, not through the moments:
/// value *= 1 - lr weight_decay, then Adam's step from the plain gradient.
class AdamW : public Optimizer {
 public:
  explicit AdamW(std::vector<Parameter*> parameters, const AdamWOptions& options = {});

 protected:
  bool update(const Chunk<float>& chunk) const override;
  bool update(const Chunk<double>& chunk) const override;

 private:
  const AdamOptions adam_;  ///< without decay
  const double weight_decay_;
};

}  // namespace tapestry::nn
