#pragma once

#include "autograd/tensor.hpp"

namespace tapestry {

/// For each vector of x [..., D] the number of the nearest row of rows [K, D], i32 [...]:
/// argmin_k |x - rows[k]|^2, of equals the first. x and rows have the same dtype and D.
Tensor nearest_rows(const Tensor& x, const Tensor& rows);

}  // namespace tapestry
