#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae::exact {

/// All that a linear Gaussian model sees of a data set. f64.
struct RowMoments {
  Tensor mean;        ///< [D]
  Tensor covariance;  ///< [D, D], divided by N, not N - 1: the most likely one
};

/// Of x [N, D], a block of rows at a time; not recorded. ShapeError for another rank or no rows,
/// DomainError unless x is finite.
RowMoments row_moments(const Tensor& x);

}  // namespace tapestry::vae::exact
