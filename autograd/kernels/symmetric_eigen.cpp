#include "autograd/kernels/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/kernels/blas.hpp"

namespace tapestry {

namespace {

/// The elements of -(a + a^T) / 2, row-major: its eigenvalues rise where those of a fall.
std::vector<double> negated_elements(const char* caller, const Tensor& a) {
  if (a.rank() != 2 || a.dim(0) != a.dim(1)) [[unlikely]]
    fail<ShapeError>(caller, fmt::format("a square matrix is needed, not {}", a.shape()));
  check_values(caller, "a", a, kFinite);
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
            caller, fmt::format("the matrix is not symmetric: a[{},{}] = {}, but a[{},{}] = {}", i,
                                j, above, j, i, below));
      above = below = 0.5 * (above + below);
    }
  }
  for (double& v : m) v = -v;
  return m;
}

/// From the eigenvalues of -a, rising, and its eigenvectors, a row each.
SymmetricEigen falling(const Tensor& a, std::vector<double> values,
                       const std::vector<double>& rows) {
  const std::size_t n = static_cast<std::size_t>(a.dim(0)), count = values.size();
  std::vector<double> vectors(n * count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = 0 - values[i];  // 0, not -0
    const double* v = rows.data() + i * n;
    const auto larger = [](double x, double y) { return std::fabs(x) < std::fabs(y); };
    const double sign = std::copysign(1, *std::max_element(v, v + n, larger));
    for (std::size_t k = 0; k < n; ++k) vectors[k * count + i] = sign * v[k];
  }
  const auto k = static_cast<std::int64_t>(count);
  return {tensor(values, {k}, a.dtype()), tensor(vectors, {a.dim(0), k}, a.dtype())};
}

}  // namespace

SymmetricEigen symmetric_eigen(const Tensor& a) {
  std::vector<double> rows = negated_elements("symmetric_eigen", a);
  std::vector<double> values(static_cast<std::size_t>(a.dim(0)));
  if (!diagonalise(a.dim(0), rows.data(), values.data())) [[unlikely]]
    fail<DomainError>("symmetric_eigen", "LAPACK's dsyev did not converge", {}, {{"a", a}});
  return falling(a, std::move(values), rows);
}

SymmetricEigen top_eigen(const Tensor& a, std::int64_t count) {
  std::vector<double> elements = negated_elements("top_eigen", a);
  const std::int64_t n = a.dim(0);
  if (count < 1 || count > n) [[unlikely]]
    fail<ConfigError>("top_eigen", fmt::format("{} eigenvalues of a matrix of {} rows", count, n));
  std::vector<double> values(static_cast<std::size_t>(n)),
      rows(static_cast<std::size_t>(count * n));
  if (!diagonalise_lowest(n, count, elements.data(), values.data(), rows.data())) [[unlikely]]
    fail<DomainError>("top_eigen", "LAPACK's dsyevr did not converge", {}, {{"a", a}});
  values.resize(static_cast<std::size_t>(count));
  return falling(a, std::move(values), rows);
}

}  // namespace tapestry
