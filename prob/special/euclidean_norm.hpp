#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::prob {

/// |x| along the last axis, [..., m] -> [..., 1]; not quite 0 at 0, where the root has no derivative.
Tensor euclidean_norm(const Tensor& x);

}  // namespace tapestry::prob
