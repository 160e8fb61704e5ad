#include "vae/exact/matrices.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "autograd/constraint.hpp"
#include "autograd/error.hpp"
#include "autograd/kernels/symmetric_eigen.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae::exact {

namespace {

/// An orthonormal basis of the columns, Q = A R^-1 with A^T A = R^T R. A second round takes away what the
/// first one, of columns that are nearly dependent, has left.
Tensor orthonormal(const Tensor& a) {
  Tensor q = a / sqrt(sum(square(a), 0, true));
  for (int round = 0; round < 2; ++round) {
    const Tensor l = cholesky(matmul(q, q, {.transpose_left = true}));
    q = transpose(triangular_solve(l, transpose(q)));
  }
  return q;
}

}  // namespace

Tensor inverse_of(const Tensor& a) {
  const Tensor l = cholesky(a);
  return triangular_solve(l, triangular_solve(l, eye(a.dim(-1), a.dtype())), {.transpose = true});
}

Tensor carried(const Tensor& a, const Tensor& p) {
  return matmul(matmul(a, p), a, {.transpose_right = true});
}

Tensor principal_angles(const Tensor& a, const Tensor& b) {
  constexpr const char* kAngles = "principal_angles";
  if (a.rank() != 2 || a.shape() != b.shape() || a.dim(1) > a.dim(0)) [[unlikely]]
    fail<ShapeError>(
        kAngles, fmt::format("two bases [D, K] are needed, not {} and {}", a.shape(), b.shape()));
  const NoGrad no_grad;
  const Tensor p = orthonormal(a.detach().to(DType::f64)),
               q = orthonormal(b.detach().to(DType::f64));
  const Tensor cosines = matmul(p, q, {.transpose_left = true}), off = q - matmul(p, cosines);
  // Singular values squared: cos^2 falls where sin^2 rises.
  const Tensor cos2 = symmetric_eigen(matmul(cosines, cosines, {.transpose_left = true})).values;
  const Tensor sin2 = symmetric_eigen(matmul(off, off, {.transpose_left = true})).values;
  std::vector<double> angles;
  const std::int64_t k = a.dim(1);
  for (std::int64_t i = 0; i < k; ++i)
    angles.push_back(std::atan2(std::sqrt(std::max(sin2.at({k - 1 - i}), 0.0)),
                                std::sqrt(std::max(cos2.at({i}), 0.0))));
  return tensor(angles, {k}, a.dtype());
}

}  // namespace tapestry::vae::exact
