#pragma once

#include "autograd/tensor.hpp"

namespace tapestry {

/// A = V diag(values) V^T.
struct SymmetricEigen {
  Tensor values;   ///< [n], falling
  Tensor vectors;  ///< [n, n]: column i belongs to values[i]; orthonormal, largest element positive
};

/// Eigenvalues and eigenvectors of a symmetric matrix [n, n], from LAPACK (dsyev). Computed in
/// double, returned in the dtype of a; not recorded. Throws ShapeError for another shape, DomainError
/// unless a is finite and symmetric.
SymmetricEigen symmetric_eigen(const Tensor& a);

}  // namespace tapestry
