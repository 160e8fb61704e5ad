#pragma once

#include "autograd/tensor.hpp"

namespace tapestry {

/// A = V diag(values) V^T, or the part of it with the largest values.
struct SymmetricEigen {
  Tensor values;   ///< [k], falling; k = n for all
  Tensor vectors;  ///< [n, k]: column i belongs to values[i]; orthonormal, largest element positive
};

/// Eigenvalues and eigenvectors of a symmetric matrix [n, n], from LAPACK (dsyev). Computed in
/// double, returned in the dtype of a; not recorded. Throws ShapeError for another shape, DomainError
/// unless a is finite and symmetric.
SymmetricEigen symmetric_eigen(const Tensor& a);

/// The `count` largest eigenvalues and their vectors, from LAPACK (dsyevr): 10 of 784 take a third of the
/// time of all. ConfigError unless 1 <= count <= n; otherwise as symmetric_eigen.
SymmetricEigen top_eigen(const Tensor& a, std::int64_t count);

}  // namespace tapestry
