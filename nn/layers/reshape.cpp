#include "nn/layers/reshape.hpp"

#include "autograd/ops.hpp"

namespace tapestry::nn {

Tensor Flatten::forward(const Tensor& x) {
  check<ShapeError>(x.rank() >= 1, "flatten: a scalar has no batch axis");
  return reshape(x, {x.dim(0), x.shape().size(1, x.rank())});
}

Tensor Reshape::forward(const Tensor& x) {
  check<ShapeError>(x.rank() >= 1, "reshape: a scalar has no batch axis");
  return reshape(x, shape_.inserted(0, x.dim(0)));
}

std::string Reshape::describe() const { return fmt::format("Reshape {}", shape_); }

}  // namespace tapestry::nn
