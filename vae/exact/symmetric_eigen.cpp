#include "vae/exact/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "prob/constraint.hpp"

namespace tapestry::vae::exact {

namespace {

constexpr const char* kEigen = "symmetric_eigen";
constexpr int kMostSweeps = 60;  // ten are usual; each one squares the error

/// Rows of a matrix, each a vector of its own: what a rotation of two rows or columns wants.
using Matrix = std::vector<std::vector<double>>;

Matrix checked_matrix(const Tensor& a) {
  if (a.rank() != 2 || a.dim(0) != a.dim(1)) [[unlikely]]
    prob::fail<ShapeError>(kEigen, fmt::format("a square matrix is needed, not {}", a.shape()));
  prob::check_values(kEigen, "a", a, prob::kFinite);
  const std::vector<double> flat = a.to_vector();
  const auto n = static_cast<std::size_t>(a.dim(0));
  double largest = 0;
  for (const double v : flat) largest = std::max(largest, std::fabs(v));
  const double rounding = (a.dtype() == DType::f64 ? 1e-10 : 1e-4) * largest;
  Matrix m(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double above = flat[i * n + j], below = flat[j * n + i];
      if (std::fabs(above - below) > rounding) [[unlikely]]
        prob::fail<DomainError>(
            kEigen, fmt::format("the matrix is not symmetric: a[{},{}] = {}, but a[{},{}] = {}", i,
                                j, above, j, i, below));
      m[i][j] = 0.5 * (above + below);
    }
  }
  return m;
}

/// The plane rotation that makes m[p][q] zero: cosine and sine of the smaller of the two angles.
struct Rotation {
  double c, s;
};
Rotation rotation_for(const Matrix& m, std::size_t p, std::size_t q) {
  const double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
  const double t = std::copysign(1, theta) / (std::fabs(theta) + std::hypot(theta, 1));
  const double c = 1 / std::hypot(t, 1);
  return {c, t * c};
}

void rotate_rows(Matrix& m, std::size_t p, std::size_t q, Rotation r) {
  for (std::size_t k = 0; k < m.size(); ++k) {
    const double a = m[p][k], b = m[q][k];
    m[p][k] = r.c * a - r.s * b;
    m[q][k] = r.s * a + r.c * b;
  }
}

void rotate_columns(Matrix& m, std::size_t p, std::size_t q, Rotation r) {
  for (std::vector<double>& row : m) {
    const double a = row[p], b = row[q];
    row[p] = r.c * a - r.s * b;
    row[q] = r.s * a + r.c * b;
  }
}

/// Whether the off-diagonal element no longer changes the diagonal, in double.
bool negligible(const Matrix& m, std::size_t p, std::size_t q) {
  const double size = std::fabs(m[p][p]) + std::fabs(m[q][q]);
  return std::fabs(m[p][q]) <= 1e-17 * size || m[p][q] == 0;
}

/// Turns m into a diagonal matrix and `vectors`, the identity before, into its eigenvectors as rows.
void diagonalise(Matrix& m, Matrix& vectors) {
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool done = true;
    for (std::size_t p = 0; p + 1 < m.size(); ++p) {
      for (std::size_t q = p + 1; q < m.size(); ++q) {
        if (negligible(m, p, q)) continue;
        done = false;
        const Rotation r = rotation_for(m, p, q);
        rotate_rows(m, p, q, r);
        rotate_columns(m, p, q, r);
        rotate_rows(vectors, p, q, r);
      }
    }
    if (done) return;
  }
}

}  // namespace

SymmetricEigen symmetric_eigen(const Tensor& a) {
  Matrix m = checked_matrix(a);
  const std::size_t n = m.size();
  Matrix rows(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) rows[i][i] = 1;
  diagonalise(m, rows);

  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return m[i][i] > m[j][j]; });
  std::vector<double> values(n), vectors(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::vector<double>& v = rows[order[i]];
    values[i] = m[order[i]][order[i]];
    const auto larger = [](double x, double y) { return std::fabs(x) < std::fabs(y); };
    const double sign = std::copysign(1, *std::max_element(v.begin(), v.end(), larger));
    for (std::size_t k = 0; k < n; ++k) vectors[k * n + i] = sign * v[k];
  }
  return {tensor(values, {a.dim(0)}, a.dtype()), tensor(vectors, a.shape(), a.dtype())};
}

}  // namespace tapestry::vae::exact
