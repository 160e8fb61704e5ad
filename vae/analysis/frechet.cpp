#include "vae/analysis/frechet.hpp"

#include "autograd/kernels/symmetric_eigen.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

namespace {

struct MeanAndCovariance {
  Tensor mean, covariance;
};
MeanAndCovariance mean_and_covariance(const Tensor& rows) {
  const Tensor x = rows.detach().to(DType::f64), centre = mean(x, 0), away = x - centre;
  const double n = static_cast<double>(x.dim(0));
  return {centre, matmul(away, away, {.transpose_left = true}) / n};
}

/// The eigenvalues of a covariance, 0 where rounding has made them negative.
Tensor not_negative(const SymmetricEigen& e) { return maximum(e.values, 0.0); }

/// The symmetric root of a covariance.
Tensor root_of(const Tensor& covariance) {
  const SymmetricEigen e = symmetric_eigen(covariance);
  return matmul(e.vectors * sqrt(not_negative(e)), e.vectors, {.transpose_right = true});
}

}  // namespace

double frechet_distance(const Tensor& a, const Tensor& b) {
  check<ShapeError>(
      a.rank() == 2 && b.rank() == 2 && a.dim(1) == b.dim(1) && a.dim(0) >= 1 && b.dim(0) >= 1,
      "frechet_distance: a and b must be rows of equal length, [N, D] and [M, D], not {} and {}",
      a.shape(), b.shape());
  const NoGrad no_grad;
  const DTypeScope f64(DType::f64);
  const MeanAndCovariance of_a = mean_and_covariance(a), of_b = mean_and_covariance(b);
  const Tensor root = root_of(of_a.covariance);
  const Tensor product = matmul(matmul(root, of_b.covariance), root);
  const SymmetricEigen common = symmetric_eigen(0.5 * (product + transpose(product)));
  const Tensor traces = sum((of_a.covariance + of_b.covariance) * eye(a.dim(1)));
  return (sum(square(of_a.mean - of_b.mean)) + traces - 2.0 * sum(sqrt(not_negative(common))))
      .item();
}

}  // namespace tapestry::vae
