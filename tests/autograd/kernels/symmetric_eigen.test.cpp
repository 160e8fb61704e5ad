#include "autograd/kernels/symmetric_eigen.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("symmetric_eigen: a matrix of two by two is as on paper", "[autograd][blas]") {
  const DTypeScope f64(DType::f64);
  const auto [values, vectors] = symmetric_eigen(tensor({{2, 1}, {1, 2}}));
  CHECK(values.at({0}) == Approx(3).epsilon(1e-15));
  CHECK(values.at({1}) == Approx(1).epsilon(1e-15));
  CHECK(vectors.at({0, 0}) == Approx(0.7071067811865476).epsilon(1e-15));
  CHECK(vectors.at({1, 0}) == Approx(0.7071067811865476).epsilon(1e-15));
  CHECK(vectors.at({0, 1}) == Approx(-vectors.at({1, 1})).epsilon(1e-15));
}

TEST_CASE("symmetric_eigen: vectors are orthonormal and rebuild the matrix, values fall",
          "[autograd][blas]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  for (const std::int64_t n : {1, 2, 3, 10, 40}) {
    const Tensor half = rng.normal({n, n}), a = half + transpose(half);
    const auto [values, vectors] = symmetric_eigen(a);
    const Tensor rebuilt = matmul(vectors * values, vectors, {.transpose_right = true});
    const Tensor unit = matmul(vectors, vectors, {.transpose_left = true});
    CHECK(max(abs(rebuilt - a)).item() < 1e-12 * static_cast<double>(n));
    CHECK(max(abs(unit - eye(n))).item() < 1e-13);
    for (std::int64_t i = 1; i < n; ++i) CHECK(values.at({i - 1}) >= values.at({i}));
    CHECK(sum(values).item() == Approx(sum(a * eye(n)).item()).epsilon(1e-12).margin(1e-12));
  }
}

TEST_CASE("symmetric_eigen: equal and zero eigenvalues are no trouble", "[autograd][blas]") {
  const DTypeScope f64(DType::f64);
  const Tensor column = reshape(tensor({1, 2, 2}), {3, 1});
  const auto rank_one = symmetric_eigen(matmul(column, transpose(column)));
  CHECK(rank_one.values.at({0}) == Approx(9).epsilon(1e-14));
  CHECK(max(abs(slice(rank_one.values, 0, 1, 3))).item() < 1e-14);
  CHECK(rank_one.vectors.at({0, 0}) == Approx(1.0 / 3).epsilon(1e-14));
  CHECK(symmetric_eigen(zeros({3, 3})).values.to_vector() == std::vector<double>{0, 0, 0});
  CHECK(symmetric_eigen(zeros({0, 0})).vectors.shape() == Shape{0, 0});
  CHECK(symmetric_eigen(eye(3)).vectors.to_vector() == eye(3).to_vector());
}

TEST_CASE("symmetric_eigen: what is no symmetric matrix is refused", "[autograd][blas]") {
  CHECK(test::throws_with<ShapeError>([] { symmetric_eigen(zeros({2, 3})); }, "[2,3]"));
  CHECK(test::throws_with<DomainError>(
      [] {
        symmetric_eigen(tensor({{1, 2}, {3, 1}}));
      },
      "a[0,1] = 2, but a[1,0] = 3"));
  CHECK(test::throws_with<DomainError>([] { symmetric_eigen(full({2, 2}, std::nan(""))); }, "a"));
}

TEST_CASE("top_eigen: the first of all eigenpairs", "[autograd][blas]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  for (const std::int64_t n : {1, 2, 7, 60}) {
    const Tensor half = rng.normal({n, n}), a = half + transpose(half);
    const auto all = symmetric_eigen(a);
    for (const std::int64_t count : {std::int64_t{1}, (n + 1) / 2, n}) {
      const auto top = top_eigen(a, count);
      CHECK(top.vectors.shape() == Shape{n, count});
      CHECK(max(abs(top.values - slice(all.values, 0, 0, count))).item() < 1e-12);
      CHECK(max(abs(top.vectors - slice(all.vectors, 1, 0, count))).item() < 1e-10);
    }
  }
}

TEST_CASE("top_eigen: equal eigenvalues have orthonormal vectors; a bad count is refused",
          "[autograd][blas]") {
  const DTypeScope f64(DType::f64);
  const auto top = top_eigen(eye(5), 3);
  CHECK(top.values.to_vector() == std::vector<double>{1, 1, 1});
  const Tensor unit = matmul(top.vectors, top.vectors, {.transpose_left = true});
  CHECK(max(abs(unit - eye(3))).item() < 1e-14);
  CHECK(test::throws_with<ConfigError>([] { top_eigen(eye(3), 4); }, "4 eigenvalues"));
  CHECK(test::throws_with<ConfigError>([] { top_eigen(eye(3), 0); }, "0 eigenvalues"));
  CHECK(test::throws_with<ShapeError>([] { top_eigen(zeros({2, 3}), 1); }, "[2,3]"));
}
