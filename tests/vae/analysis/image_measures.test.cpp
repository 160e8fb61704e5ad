#include "vae/analysis/image_measures.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

// A stroke of this width, from row 4 to 36 of a 40 x 40 image, with soft edges; `slant` pixels to the
// right for each pixel up.
Tensor stroke(double width, double slant) {
  std::vector<double> pixels;
  for (int row = 0; row < 40; ++row)
    for (int column = 0; column < 40; ++column) {
      const double from_middle = std::fabs(column - 19.5 - slant * (19.5 - row));
      const bool on = row >= 4 && row < 36;
      pixels.push_back(on ? std::min(1.0, std::max(0.0, 0.5 * width + 0.5 - from_middle)) : 0.0);
    }
  return tensor(pixels, {40, 40});
}

}  // namespace

TEST_CASE("laplacian energy: known for a dot, zero for a slope", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  std::vector<double> dot(25, 0.0);
  dot[12] = 1;  // -4 at the dot, 1 at its four neighbours, over 9 inner pixels
  CHECK(vae::laplacian_energy(tensor(dot, {5, 5})).item() == Approx(20.0 / 9));
  const Tensor slope = 0.1 * arange(6) + reshape(0.02 * arange(5), {5, 1});
  CHECK(vae::laplacian_energy(slope).item() < 1e-30);
}

TEST_CASE("laplacian energy: white noise of variance s^2 has 20 s^2", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor energy = vae::laplacian_energy(0.3 * rng.normal({4000, 6, 7}));
  REQUIRE(energy.shape() == Shape{4000});
  const double exact = 20 * 0.09, m = mean(energy).item();
  const double se = std::sqrt(mean(square(energy - m)).item() / 4000);
  CHECK(std::fabs(m - exact) < 5 * se);
  CHECK(se < 0.02);
}

TEST_CASE("psnr: 20 dB for errors of a tenth, for each image", "[vae][analysis]") {
  const Tensor clean = full({2, 3, 4}, 0.5);
  const Tensor off = clean + reshape(tensor({0.1, -0.01}), {2, 1, 1});
  const std::vector<double> decibels = vae::psnr(off, clean).to_vector();
  REQUIRE(decibels.size() == 2);
  CHECK(decibels[0] == Approx(20).epsilon(1e-5));
  CHECK(decibels[1] == Approx(40).epsilon(1e-5));
}

TEST_CASE("measure_pen: the slant and the width of a stroke come back", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  for (const double width : {2.0, 3.0, 4.5}) {
    const vae::PenMeasures upright = vae::measure_pen(stroke(width, 0));
    CHECK(upright.slant.item() == Approx(0).margin(1e-12));
    CHECK(upright.thickness.item() == Approx(width).epsilon(0.15));  // its two ends are edges too
  }
  for (const double slant : {-0.3, 0.2, 0.4})
    CHECK(vae::measure_pen(stroke(3, slant)).slant.item() == Approx(slant).epsilon(1e-3));
  // Blurring an edge leaves its height: half the contrast changes nothing.
  CHECK(vae::measure_pen(0.5 * stroke(3, 0.2)).thickness.item() ==
        Approx(vae::measure_pen(stroke(3, 0.2)).thickness.item()));
  const vae::PenMeasures two = vae::measure_pen(stack({stroke(2, 0.1), stroke(4, -0.1)}, 0));
  CHECK(two.slant.shape() == Shape{2});
  CHECK(two.thickness.to_vector()[1] == vae::measure_pen(stroke(4, -0.1)).thickness.item());
}

TEST_CASE("image measures: images that cannot be measured are named", "[vae][errors]") {
  using test::throws_with;
  CHECK(throws_with<ShapeError>([] { vae::laplacian_energy(zeros({2, 9})); }, "3 x 3"));
  CHECK(throws_with<ShapeError>([] { vae::psnr(zeros({2, 2}), zeros({3, 2})); }, "[3,2]"));
  CHECK(throws_with<DomainError>([] { vae::psnr(zeros({2, 2}), zeros({2, 2})); }, "squared error"));
  CHECK(throws_with<DomainError>([] { vae::measure_pen(zeros({4, 4})); }, "edges"));
  CHECK(throws_with<DomainError>([] { vae::measure_pen(full({4, 4}, -1)); }, "images[0,0]"));
}
