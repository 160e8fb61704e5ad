#pragma once

#include "nn/module.hpp"

/// Changes of shape as layers, for Sequential; axis 0 is the batch and stays.
namespace tapestry::nn {

/// x [B, ...] -> [B, product of the rest].
class Flatten : public Layer {
 protected:
  Tensor forward(const Tensor& x) override;
};

/// x [B, ...] -> [B, shape...]; one size may be -1.
class Reshape : public Layer {
 public:
  explicit Reshape(const Shape& shape) : shape_(shape) {}
  std::string describe() const override;

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  const Shape shape_;  ///< of one element of the batch
};

}  // namespace tapestry::nn
