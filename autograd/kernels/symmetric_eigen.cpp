#include "autograd/kernels/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/kernels/blas.hpp"

namespace tapestry {

namespace {

constexpr const char* kEigen = "symmetric_eigen";

/// The elements of (a + a^T) / 2, row-major.
std::vector<double> checked_elements(const Tensor& a) {
  if (a.rank() != 2 || a.dim(0) != a.dim(1)) [[unlikely]]
    fail<ShapeError>(kEigen, fmt::format("a square matrix is needed, not {}", a.shape()));
  check_values(kEigen, "a", a, kFinite);
  std::vector<double> m = a.to_vector();
  const auto n = static_cast<std::size_t>(a.dim(0));
  double largest = 0;
  for (const double v : m) largest = std::max(largest, std::fabs(v));
  const double rounding = (a.dtype() == DType::f64 ? 1e-10 : 1e-4) * largest;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      double &above = m[i * n + j], &below = m[j * n + i];
      if (std::fabs(above - below) > rounding) [[unlikely]]
        fail<DomainError>(
            kEigen, fmt::format("the matrix is not symmetric: a[{},{}] = {}, but a[{},{}] = {}", i,
                                j, above, j, i, below));
      above = below = 0.5 * (above + below);
    }
  }
  return m;
}

}  // namespace

SymmetricEigen symmetric_eigen(const Tensor& a) {
  // Of -A, whose eigenvalues rise where those of A fall.
  std::vector<double> rows = checked_elements(a);
  for (double& v : rows) v = -v;
  const auto n = static_cast<std::size_t>(a.dim(0));
  std::vector<double> values(n), vectors(n * n);
  if (!diagonalise(a.dim(0), rows.data(), values.data())) [[unlikely]]
    fail<DomainError>(kEigen, "LAPACK's dsyev did not converge", {}, {{"a", a}});
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = 0 - values[i];  // 0, not -0
    const double* v = rows.data() + i * n;
    const auto larger = [](double x, double y) { return std::fabs(x) < std::fabs(y); };
    const double sign = std::copysign(1, *std::max_element(v, v + n, larger));
    for (std::size_t k = 0; k < n; ++k) vectors[k * n + i] = sign * v[k];
  }
  return {tensor(values, {a.dim(0)}, a.dtype()), tensor(vectors, a.shape(), a.dtype())};
}

}  // namespace tapestry
