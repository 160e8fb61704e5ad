#include "vae/analysis/structural_similarity.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using vae::structural_similarity;

namespace {

Tensor waves(double a) {
  std::vector<double> pixels;
  for (int r = 0; r < 12; ++r)
    for (int c = 0; c < 12; ++c)
      pixels.push_back(0.5 + 0.5 * std::sin(a * r + 0.3 * c * c / 12.0 + a));
  return tensor(pixels, {1, 12, 12});
}

}  // namespace

TEST_CASE("structural similarity: the values of the formula, written with loops in numpy",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const Tensor x = waves(0.5), y = waves(0.55);
  const auto of = [&](int scales) {
    return structural_similarity(x, y, {.window = 5, .sigma = 1.2, .scales = scales}).item();
  };
  CHECK(of(1) == Approx(0.8516708584365982).epsilon(1e-12));
  CHECK(of(2) == Approx(0.9216243070620518).epsilon(1e-12));
}

TEST_CASE("structural similarity: equal images, flat images, and the order of the two",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor x = rng.uniform({3, 28, 28}), y = rng.uniform({3, 28, 28});
  for (const int scales : {1, 2, 3}) {
    CAPTURE(scales);
    const vae::SimilarityOptions o{.scales = scales};
    CHECK(max(abs(structural_similarity(x, x, o) - 1.0)).item() < 1e-12);
    const Tensor both = structural_similarity(x, y, o) - structural_similarity(y, x, o);
    CHECK(max(abs(both)).item() < 1e-12);
    CHECK(max(structural_similarity(x, y, o)).item() < 0.5);
  }
  // Nothing but light: (2 a b + C) / (a^2 + b^2 + C)
  const Tensor flat =
      structural_similarity(full({1, 12, 12}, 0.3), full({1, 12, 12}, 0.6), {.scales = 1});
  CHECK(flat.item() == Approx((2 * 0.18 + 1e-4) / (0.45 + 1e-4)).epsilon(1e-9));
}

TEST_CASE("structural similarity: gradients agree with differences", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  const std::array inputs{waves(0.5), waves(0.55)};
  for (const int scales : {1, 2})
    test::expect_grad(
        [&](auto in) {
          return structural_similarity(in[0], in[1], {.window = 5, .scales = scales});
        },
        inputs);
}

TEST_CASE("structural similarity: what cannot be compared is refused", "[vae][analysis]") {
  const Tensor x = zeros({2, 28, 28});
  CHECK_THROWS_AS(structural_similarity(x, zeros({2, 28, 27})), ShapeError);
  CHECK_THROWS_AS(structural_similarity(zeros({28, 28}), zeros({28, 28})), ShapeError);
  CHECK_THROWS_AS(structural_similarity(x, x, {.scales = 6}), ConfigError);
  const std::string text = test::message([&] { structural_similarity(x, x, {.scales = 4}); });
  CHECK(text.find("4 scales and windows of 7 need 56 rows and columns") != std::string::npos);
}
