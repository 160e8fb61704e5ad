#pragma once

#include <cstdint>

#include "autograd/constraint.hpp"

// Pairs of numbers of a vector of length D, each i with at most K later ones: what a sparse lower triangular matrix has below
// its diagonal. A table of them is i32 [D, K] and has j > i, or D where there is no number.

namespace tapestry::prob {

/// The pixels of an image that come later in raster order and are at most `radius` >= 1 rows and columns away:
/// a table [rows * cols, K], K = 2 radius (radius + 1). ConfigError.
Tensor later_pixels(std::int64_t rows, std::int64_t cols, std::int64_t radius);

/// v_j for each j of `later`, 0 for none: v [..., D] -> [..., D, K]. Recorded.
Tensor at_later(const Tensor& v, const Tensor& later);

/// DomainError if a j is not above its i, or is above D.
void check_later(Caller caller, const Tensor& later);

}  // namespace tapestry::prob
