#include "nn/layers/linear.hpp"

// x W^T + b of x and y side by side, as x W_x^T + b + y W_y^T.

namespace tapestry::nn {

Tensor Linear::of_both(Arg first, Arg second) {
  return in_scope(first.loc, [&] {
    const Tensor x = as_tensor(first), y = as_tensor(second);
    const std::int64_t in = weight.shape()[1], n = x.dim(-1), m = y.dim(-1);
    check<ShapeError>(n + m == in,
                      "linear: x {} and y {} have {} + {} numbers in their last axes, expected {}",
                      x.shape(), y.shape(), n, m, in);
    if (x.shape().with(-1, m) == y.shape()) return forward(concat({x, y}, -1));
    const Tensor of_x = linear(x, slice(weight, 1, 0, n), bias);
    return activate(of_x + linear(y, slice(weight, 1, n, in)), activation);
  });
}

}  // namespace tapestry::nn
