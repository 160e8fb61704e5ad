#include "vae/pictures/latent_codes.hpp"

#include "autograd/error.hpp"
#include "autograd/ops.hpp"
#include "support/catch.hpp"

using namespace tapestry;

TEST_CASE("between_pairs: each pair of rows is joined by a straight line with both ends",
          "[vae][pictures]") {
  const Tensor z = tensor({{0.0, 1.0}, {1.0, 3.0}, {-2.0, 0.0}, {2.0, 0.0}, {9.0, 9.0}});
  const Tensor path = vae::between_pairs(z, 3);
  REQUIRE(path.shape() == Shape{6, 2});
  CHECK(path.to_vector() ==
        std::vector<double>{0, 1, 0.5, 2, 1, 3, -2, 0, 0, 0, 2, 0});  // row 4 has no partner
  CHECK_THROWS_AS(vae::between_pairs(zeros({1, 2}), 3), ShapeError);
  CHECK_THROWS_AS(vae::between_pairs(z, 1), ConfigError);
}

TEST_CASE("manifold_codes: quantiles to the right and upwards, the same mass around each",
          "[vae][pictures]") {
  const DTypeScope f64(DType::f64);
  const Tensor z = vae::manifold_codes(3);
  REQUIRE(z.shape() == Shape{9, 2});
  const double q = 0.9674215661;                    // of 5/6
  CHECK(z.at({0, 0}) == Approx(-q).epsilon(1e-8));  // the upper left corner
  CHECK(z.at({0, 1}) == Approx(q).epsilon(1e-8));
  CHECK(z.at({1, 0}) == Approx(0).margin(1e-12));
  CHECK(z.at({8, 0}) == Approx(q).epsilon(1e-8));  // the lower right one
  CHECK(z.at({8, 1}) == Approx(-q).epsilon(1e-8));
  CHECK_THROWS_AS(vae::manifold_codes(0), ConfigError);
}
