#pragma once

#include "nn/module.hpp"

namespace tapestry::nn {

/// Ba, Kiros and Hinton 2016: y = (x - mean) / sqrt(var + eps) * weight + bias with mean and
/// (biased) variance over the last axis: x [..., features]. weight starts at 1, bias at 0.
class LayerNorm : public Layer {
 public:
  explicit LayerNorm(std::int64_t features, double eps = 1e-5);

  std::string describe() const override;

  Param weight, bias;
  const double eps;

 protected:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tapestry::nn
