#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae::exact {

/// A^-1 of a symmetric positive definite matrix [..., K, K], by Cholesky. Recorded.
Tensor inverse_of(const Tensor& a);

/// A P A^T: the covariance of A z for a z of covariance P. Recorded.
Tensor carried(const Tensor& a, const Tensor& p);

/// The angles between two subspaces, the spans of the columns of a and of b [D, K], in radians, rising: [K]. All
/// 0 for the same span. From sines and cosines together, so an angle of 1e-12 keeps its digits. Not
/// recorded. ShapeError unless both have one shape with K <= D, DomainError if the columns of one are
/// not independent.
///
/// Bjorck and Golub, Numerical methods for computing angles between linear subspaces, 1973.
Tensor principal_angles(const Tensor& a, const Tensor& b);

}  // namespace tapestry::vae::exact
