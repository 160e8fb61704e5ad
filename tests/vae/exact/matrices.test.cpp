#include "vae/exact/matrices.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"
#include "vae/exact/row_moments.hpp"

using namespace tapestry;
using vae::exact::inverse_of;
using vae::exact::principal_angles;
using vae::exact::row_moments;

TEST_CASE("inverse_of: known, times the matrix, and its gradient", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  CHECK(inverse_of(tensor({{2, 1}, {1, 1}})).to_vector()[1] == Approx(-1).epsilon(1e-14));
  Rng rng(1);
  const Tensor half = rng.normal({3, 4, 4}), a = matmul(half, transpose(half, {0, 2, 1})) + eye(4);
  CHECK(max(abs(matmul(a, inverse_of(a)) - eye(4))).item() < 1e-12);
  const std::array inputs{a};
  test::expect_grad([](auto in) { return inverse_of(in[0]); }, inputs);
}

TEST_CASE("principal_angles: planes in space that share a line", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  for (const double angle : {0.0, 1e-12, 1e-6, 0.3, 1.2, std::acos(0.0)}) {
    const Tensor a = tensor({{1, 0}, {0, 1}, {0, 0}});
    // x and a line in the plane of y and z; other bases of the same planes
    const Tensor b = tensor({{1, 0}, {0, std::cos(angle)}, {0, std::sin(angle)}});
    const Tensor mix = tensor({{2, 0.3}, {-1, 0.1}});
    const Tensor found = principal_angles(matmul(a, mix), matmul(b, transpose(mix)));
    CHECK(found.at({0}) == Approx(0).margin(1e-14));
    CHECK(found.at({1}) == Approx(angle).epsilon(1e-9).margin(1e-14));
  }
}

TEST_CASE("principal_angles: of random subspaces, the cosines are singular values",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const Tensor a = rng.normal({9, 4}), b = rng.normal({9, 4}), angles = principal_angles(a, b);
  CHECK(max(abs(angles - principal_angles(b, a))).item() < 1e-12);
  // Projections: trace(P_a P_b) = sum of cos^2.
  const auto projection = [](const Tensor& m) {
    const Tensor gram = inverse_of(matmul(m, m, {.transpose_left = true}));
    return matmul(matmul(m, gram), m, {.transpose_right = true});
  };
  const double trace = sum(projection(a) * projection(b)).item();
  CHECK(sum(square(cos(angles))).item() == Approx(trace).epsilon(1e-12));
  for (int i = 1; i < 4; ++i) CHECK(angles.at({i - 1}) <= angles.at({i}));
}

TEST_CASE("principal_angles: bases that are none are refused", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Tensor a = tensor({{1, 0}, {0, 1}, {0, 0}});
  CHECK(test::throws_with<ShapeError>([&] { principal_angles(a, ones({3, 1})); }, "[3,1]"));
  CHECK_THROWS_AS(principal_angles(a, ones({3, 2})), DomainError);
}

TEST_CASE("row_moments: of rows that fill more than a block", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const Tensor x = rng.normal({5000, 3}) * tensor({1, 2, 3}) + tensor({0, 1000, -5});
  const auto of = row_moments(x);
  const Tensor away = x - mean(x, 0);
  CHECK(max(abs(of.mean - mean(x, 0))).item() < 1e-9);
  const Tensor expected = matmul(away, away, {.transpose_left = true}) / 5000.0;
  CHECK(max(abs(of.covariance - expected)).item() < 1e-11);
  CHECK(of.covariance.at({1, 1}) == Approx(4).epsilon(0.1));
  CHECK(test::throws_with<ShapeError>([&] { row_moments(zeros({3})); }, "[3]"));
  CHECK_THROWS_AS(row_moments(full({2, 2}, std::nan(""))), DomainError);
}
