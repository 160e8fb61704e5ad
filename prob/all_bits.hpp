#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::prob {

/// All vectors of n bits, [2^n, n]: bit k of vector number s is bit k of s. ConfigError unless 1 <= n <= 16.
Tensor all_bits(std::int64_t n, DType dtype = default_dtype());

}  // namespace tapestry::prob
