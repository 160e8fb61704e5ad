#pragma once

#include "autograd/kernels/symmetric_eigen.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/module.hpp"
#include "vae/exact/row_moments.hpp"

// The linear autoencoder (Baldi and Hornik, Neural networks and principal component analysis, 1989):
//
//     code z = A (x - m),   reconstruction m + B z,   error E|x - m - B A (x - m)|^2
//
// has no minimum but those whose B spans the K longest principal axes: it is PCA.

namespace concepts {

using namespace tapestry;

/// The covariance S of the data: all that a linear model sees of them.
inline Tensor covariance_of(const vae::exact::RowMoments& data) { return data.covariance; }

struct LinearAutoencoder : nn::Module {
  LinearAutoencoder(const Tensor& mean, std::int64_t K)
      : m(mean),
        A(*this, "A", {K, mean.size()}, nn::Start::weight(mean.size(), K)),
        B(*this, "B", {mean.size(), K}, nn::Start::weight(K, mean.size())) {}

  Tensor encode(const Tensor& x) { return linear(x - m, A); }
  Tensor decode(const Tensor& z) { return linear(z, B, m); }
  Tensor reconstruct(const Tensor& x) { return decode(encode(x)); }

  /// B A [D, D]: what becomes of x - m.
  Tensor projector() { return matmul(B, A); }

  const Tensor m;  ///< the data's mean
  nn::Param A;     ///< [K, D]
  nn::Param B;     ///< [D, K]
};

/// tr S - 2 tr(B A S) + tr(B^T B A S A^T), the mean squared error over data with the covariance S.
inline Tensor error_of(LinearAutoencoder& model, const Tensor& S) {
  const Tensor SA = matmul(S, model.A, {.transpose_right = true});  // [D, K]
  const Tensor codes = matmul(model.A, SA);
  const Tensor gram = matmul(model.B, model.B, {.transpose_left = true});
  return sum(S * eye(S.dim(0))) - 2.0 * sum(model.B * SA) + sum(gram * codes);
}

/// The principal axes in the span of B, the longest first [D, K]: eigenvectors of the covariance of the
/// reconstructions. It turns the columns of B, which are any basis, into those of PCA.
inline Tensor principal_axes(LinearAutoencoder& model, const Tensor& S) {
  const NoGrad no_grad;
  const Tensor P = model.projector();
  const Tensor of_reconstructions = matmul(matmul(P, S), P, {.transpose_right = true});
  return top_eigen(of_reconstructions, model.B.value().dim(1)).vectors;
}

}  // namespace concepts
