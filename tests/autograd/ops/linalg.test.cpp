#include "autograd/gradcheck/gradcheck.hpp"
#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

namespace tapestry {
namespace {

Tensor definite(Rng& rng, std::int64_t n) {
  const Tensor a = rng.normal({n, n}, DType::f64);
  return matmul(a, a, {.transpose_right = true}) + eye(n, DType::f64);
}

}  // namespace

TEST_CASE("cholesky: L L^T is the matrix, L is lower triangular", "[autograd][linalg]") {
  Rng rng(1);
  for (const std::int64_t n : {1, 2, 5, 20}) {
    const Tensor a = definite(rng, n), l = cholesky(a);
    CHECK(test::difference(matmul(l, l, {.transpose_right = true}), a, 1e-12) == "");
    for (std::int64_t i = 0; i < n; ++i) {
      CHECK(l.at({i, i}) > 0);
      for (std::int64_t j = i + 1; j < n; ++j) CHECK(l.at({i, j}) == 0);
    }
  }
}

TEST_CASE("cholesky factors the symmetric part", "[autograd][linalg]") {
  const DTypeScope f64(DType::f64);
  const Tensor l = cholesky(tensor({{4, 3}, {1, 9}}));
  CHECK(test::difference(l, cholesky(tensor({{4, 2}, {2, 9}})), 1e-15) == "");
}

TEST_CASE("cholesky says which pivot fails; NaN fails too", "[autograd][linalg]") {
  const std::string text = test::message<DomainError>([] { cholesky(tensor({{1, 2}, {2, 1}})); });
  CHECK(text.find("not positive definite: pivot 1 is -3") != std::string::npos);
  CHECK_THROWS_AS(cholesky(tensor({{std::nan(""), 0}, {0, 1}})), DomainError);
  CHECK_THROWS_AS(cholesky(zeros({2, 3})), ShapeError);
  CHECK_THROWS_AS(log_det(tensor({{0, 0}, {0, 1}})), DomainError);
}

TEST_CASE("triangular_solve solves all four systems and reads one triangle only",
          "[autograd][linalg]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const Tensor full = definite(rng, 4), b = rng.normal({4, 3});
  std::vector<double> low(16), up(16);
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      (j <= i ? low : up)[static_cast<std::size_t>(i * 4 + j)] = full.at({i, j});
      if (i == j) up[static_cast<std::size_t>(i * 5)] = full.at({i, i});
    }
  }
  for (const bool lower : {true, false}) {
    const Tensor triangle = tensor(lower ? low : up, {4, 4});
    for (const bool transpose : {false, true}) {
      const Tensor x = triangular_solve(full, b, {.lower = lower, .transpose = transpose});
      CHECK(test::difference(matmul(triangle, x, {.transpose_left = transpose}), b, 1e-12) == "");
    }
  }
}

TEST_CASE("triangular_solve broadcasts the axes in front", "[autograd][linalg]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const Tensor l = cholesky(definite(rng, 3)), b = rng.normal({5, 3, 2});
  const Tensor x = triangular_solve(l, b);
  CHECK(x.shape() == Shape{5, 3, 2});
  CHECK(test::difference(matmul(l, x), b, 1e-12) == "");
}

TEST_CASE("a singular triangle is an error that names the element", "[autograd][linalg]") {
  const std::string text = test::message<DomainError>([] {
    triangular_solve(tensor({{1, 0}, {1, 0}}), ones({2, 1}));
  });
  CHECK(text.find("element [1,1] is 0") != std::string::npos);
  CHECK_THROWS_AS(triangular_solve(eye(2), ones({3, 1})), ShapeError);
  CHECK_THROWS_AS(triangular_solve(eye(2), ones({2})), ShapeError);
}

TEST_CASE("log-determinants: closed form, and log_det through the factor", "[autograd][linalg]") {
  const DTypeScope f64(DType::f64);
  CHECK(log_det(tensor({{4, 1}, {1, 3}})).item() == Approx(std::log(11.0)).epsilon(1e-14));
  CHECK(log_det_triangular(tensor({{-2, 0}, {7, 3}})).item() ==
        Approx(std::log(6.0)).epsilon(1e-14));
  Rng rng(4);
  const Tensor a = definite(rng, 6);
  CHECK(log_det(a).item() == Approx(2 * log_det_triangular(cholesky(a)).item()).epsilon(1e-13));
  CHECK(log_det(zeros({0, 0})).item() == 0);
}

TEST_CASE("the gradient of a Gaussian density through cholesky passes the check",
          "[autograd][linalg]") {
  const DTypeScope f64(DType::f64);
  Rng rng(5);
  const Tensor a = definite(rng, 4), x = rng.normal({4, 1});
  const auto log_density = [](std::span<const Tensor> in) {
    const Tensor l = cholesky(in[0]);
    return sum(square(triangular_solve(l, in[1]))) * -0.5 - log_det_triangular(l);
  };
  const Tensor inputs[] = {a, x};
  const GradReport report = gradcheck(log_density, inputs);
  INFO(report.text);
  CHECK(report.ok);
}

}  // namespace tapestry
