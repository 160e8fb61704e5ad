#include "nn/layers/activation.hpp"

#include "autograd/ops.hpp"

namespace tapestry::nn {

Tensor Relu::forward(const Tensor& x) { return relu(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor Softplus::forward(const Tensor& x) { return softplus(x); }
Tensor Gelu::forward(const Tensor& x) { return gelu(x); }
Tensor Silu::forward(const Tensor& x) { return silu(x); }
Tensor LeakyRelu::forward(const Tensor& x) { return leaky_relu(x, slope_); }
Tensor Elu::forward(const Tensor& x) { return elu(x, alpha_); }

}  // namespace tapestry::nn
