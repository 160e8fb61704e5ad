#pragma once

#include "nn/module.hpp"

namespace tapestry::nn {

/// Largest value of each kernel x kernel tile: x [B, C, H, W] -> [B, C, H / kernel, W / kernel].
class MaxPool2d : public Layer {
 public:
  explicit MaxPool2d(int kernel);
  std::string describe() const override;

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  const int kernel_;
};

/// Mean of each kernel x kernel tile, the same shapes.
class AvgPool2d : public Layer {
 public:
  explicit AvgPool2d(int kernel);
  std::string describe() const override;

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  const int kernel_;
};

}  // namespace tapestry::nn
