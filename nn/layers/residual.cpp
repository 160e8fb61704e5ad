#include "nn/layers/residual.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::nn {

std::string Residual::describe() const { return fmt::format("Residual, scale {}", scale_); }

Tensor Residual::forward(const Tensor& x) {
  const Tensor change = Sequential::forward(x);
  check<ShapeError>(change.shape() == x.shape(),
                    "residual: its layers must keep the shape {}, and returned {}", x.shape(),
                    change.shape());
  return x + scale_ * change;
}

}  // namespace tapestry::nn
