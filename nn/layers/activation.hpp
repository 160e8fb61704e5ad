#pragma once

#include "nn/module.hpp"

/// The activation functions of autograd/ops.hpp as layers, for Sequential. Any shape, elementwise.
namespace tapestry::nn {

class Relu : public Layer {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Tanh : public Layer {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Sigmoid : public Layer {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Softplus : public Layer {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Gelu : public Layer {
 protected:
  Tensor forward(const Tensor& x) override;
};

class Silu : public Layer {
 protected:
  Tensor forward(const Tensor& x) override;
};

class LeakyRelu : public Layer {
 public:
  explicit LeakyRelu(double slope = 0.01) : slope_(slope) {}

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  const double slope_;
};

class Elu : public Layer {
 public:
  explicit Elu(double alpha = 1.0) : alpha_(alpha) {}

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  const double alpha_;
};

}  // namespace tapestry::nn
