#include "vae/analysis/frechet.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

TEST_CASE("frechet_distance: the closed form of normals with independent numbers",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // Rows with mean 0 and variances 1 and 4, and with mean (3, 1) and variances 9 and 1/4.
  const Tensor signs = tensor({{1.0, 1.0}, {1.0, -1.0}, {-1.0, 1.0}, {-1.0, -1.0}});
  const Tensor a = signs * tensor({1.0, 2.0}), b = signs * tensor({3.0, 0.5}) + tensor({3.0, 1.0});
  // 9 + 1 + (1 - 3)^2 + (2 - 1/2)^2
  CHECK(vae::frechet_distance(a, b) == Approx(16.25).epsilon(1e-12));
  CHECK(vae::frechet_distance(b, a) == Approx(16.25).epsilon(1e-12));
  CHECK(vae::frechet_distance(a, a) == Approx(0).margin(1e-12));
}

TEST_CASE("frechet_distance: covariances with different axes agree with the root of a 2 x 2 matrix",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // Covariances ((2, 0), (0, 1/2)) and ((1, 0.6), (0.6, 1)): tr A + tr B - 2 tr(AB)^(1/2), where the trace of the root of a
  // 2 x 2 matrix is sqrt(tr + 2 sqrt(det)): 4.5 - 2 sqrt(2.5 + 2 sqrt(0.64)) = 4.5 - 2 sqrt(4.1)
  const Tensor signs = tensor({{1.0, 1.0}, {1.0, -1.0}, {-1.0, 1.0}, {-1.0, -1.0}});
  const Tensor a = signs * sqrt(tensor({2.0, 0.5}));
  const Tensor b =
      matmul(signs, cholesky(tensor({{1.0, 0.6}, {0.6, 1.0}})), {.transpose_right = true});
  CHECK(vae::frechet_distance(a, b) == Approx(4.5 - 2 * std::sqrt(4.1)).epsilon(1e-12));
}

TEST_CASE("frechet_distance: one row is a normal without a spread", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor one = tensor({{1.0, 2.0}}), other = tensor({{4.0, -2.0}});
  CHECK(vae::frechet_distance(one, other) == Approx(25).epsilon(1e-12));
  CHECK_THROWS_AS(vae::frechet_distance(one, zeros({0, 2})), ShapeError);
}

TEST_CASE("frechet_distance: moves and turns of both sets change nothing, one number more does",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  Rng rng(3);
  const Tensor a = rng.normal({50, 3}), b = 2.0 * rng.normal({40, 3});
  const Tensor turn = tensor({{0.6, -0.8, 0.0}, {0.8, 0.6, 0.0}, {0.0, 0.0, 1.0}});
  const double apart = vae::frechet_distance(a, b);
  CHECK(vae::frechet_distance(matmul(a, turn) + 5.0, matmul(b, turn) + 5.0) ==
        Approx(apart).epsilon(1e-10));
  CHECK(test::throws_with<ShapeError>([&] { vae::frechet_distance(a, zeros({4, 2})); }, "[4,2]"));
  CHECK(test::throws_with<ShapeError>([&] { vae::frechet_distance(zeros({3}), b); }, "[3]"));
}
