#pragma once

#include "autograd/tensor.hpp"

// Reductions of plain tensors; nothing here touches a tape. Axis i is reduced if bit i of `mask`
// is set (Axes::mask). Results do not depend on the number of threads: cuts are fixed.

namespace tapestry {

/// The shape that is left: reduced axes are dropped, or have size 1 with keepdims.
Shape reduced_shape(const Shape& shape, std::uint32_t mask, bool keepdims);

Tensor sum_axes(const Tensor& x, std::uint32_t mask, bool keepdims);
Tensor max_axes(const Tensor& x, std::uint32_t mask,
                bool keepdims);  ///< NaN wins; -inf for no elements
Tensor logsumexp_axes(const Tensor& x, std::uint32_t mask, bool keepdims);

/// The adjoint of broadcasting: sums x over the axes that were repeated to get from `shape` to x's.
Tensor sum_to(Tensor x, const Shape& shape);

}  // namespace tapestry
