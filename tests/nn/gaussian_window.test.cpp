#include "nn/layers/gaussian_window.hpp"

#include <array>
#include <cmath>

#include "autograd/gradcheck/gradcheck.hpp"
#include "nn/init.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::nn;

namespace {

/// A window whose five numbers are `bias`, whatever h is.
std::unique_ptr<GaussianWindow> fixed_window(std::int64_t side, std::int64_t points,
                                             const std::vector<double>& bias) {
  auto window = std::make_unique<GaussianWindow>(1, side, points);
  window->five.weight.set_value(zeros({5, 1}));
  window->five.bias.set_value(tensor(bias));
  return window;
}

}  // namespace

TEST_CASE("gaussian window: filters are equations 19, 20, 25 and 26, number by number") {
  const DTypeScope f64(DType::f64);
  const double centre = 2.3, stride = 1.7, variance = 0.8;
  const Tensor f = gaussian_filters(tensor({centre}), tensor({stride}), tensor({variance}), 3, 6);
  for (std::int64_t i = 0; i < 3; ++i) {
    // The paper counts i and a from 1: mu_i = g + (i - N/2 - 0.5) stride.
    const double mean = centre + (static_cast<double>(i + 1) - 3 / 2.0 - 0.5) * stride;
    std::array<double, 6> row;
    double total = 0;
    for (std::size_t a = 0; a < 6; ++a) {
      const double off = static_cast<double>(a) - mean;
      total += row[a] = std::exp(-off * off / (2 * variance));
    }
    for (std::size_t a = 0; a < 6; ++a)
      CHECK(f.at({0, i, static_cast<std::int64_t>(a)}) == Approx(row[a] / total).epsilon(1e-12));
  }
}

TEST_CASE("gaussian window: rows sum to 1 also where the window has left the image") {
  const DTypeScope f64(DType::f64);
  const Tensor f =
      gaussian_filters(tensor({-500.0, 500.0}), tensor({1.0, 3.0}), tensor({0.01, 0.01}), 4, 9);
  CHECK(max(abs(sum(f, -1) - 1.0)).item() < 1e-12);
  CHECK(f.at({0, 0, 0}) == Approx(1));
  CHECK(f.at({1, 0, 8}) == Approx(1));
}

TEST_CASE("gaussian window: all numbers 0 lay the grid over the whole image") {
  const DTypeScope f64(DType::f64);
  // 3 points on 5 pixels: means 0, 2, 4 with variance 1.
  const auto laid = (*fixed_window(5, 3, {0, 0, 0, 0, 0}))(ones({2, 1}));
  const Tensor expected = gaussian_filters(tensor({2.0, 2.0}), tensor({2.0, 2.0}), ones({2}), 3, 5);
  CHECK(max(abs(laid.rows - expected)).item() < 1e-14);
  CHECK(max(abs(laid.cols - expected)).item() < 1e-14);
  CHECK(max(abs(laid.intensity - 1.0)).item() == 0);
}

TEST_CASE("gaussian window: a sharp one with stride 1 reads and writes a patch of the image") {
  const DTypeScope f64(DType::f64);
  // On 7 pixels the centre is 4 (g + 1) - 1: column 2 for g = -1/4, row 4 for g = 1/4; stride 1 of 3.
  const auto laid =
      (*fixed_window(7, 3, {-0.25, 0.25, -12, std::log(1 / 3.0), std::log(2.0)}))(ones({1, 1}));
  const Tensor x = Rng(1).normal({1, 49});
  const Tensor part = slice(slice(reshape(x, {7, 7}), 0, 3, 6), 1, 1, 4);  // rows 3-5, columns 1-3
  CHECK(max(abs(laid.read(x) - 2.0 * reshape(part, {1, 9}))).item() < 1e-12);
  const Tensor back = reshape(laid.write(2.0 * reshape(part, {1, 9})), {7, 7});
  CHECK(max(abs(slice(slice(back, 0, 3, 6), 1, 1, 4) - part)).item() < 1e-12);
  CHECK(sum(abs(back)).item() == Approx(sum(abs(part)).item()));
}

TEST_CASE("gaussian window: gradients in the state's weights, the image and the patch") {
  const DTypeScope f64(DType::f64);
  GaussianWindow window(3, 6, 2);
  init::torch_default(window, Rng(1));
  Parameter x("x", Rng(2).normal({2, 36})), patch("patch", Rng(3).normal({2, 4}));
  const Tensor h = Rng(4).normal({2, 3}), a = Rng(5).normal({2, 4}), b = Rng(6).normal({2, 36});
  const auto loss = [&] {
    const auto laid = window(h);
    return sum(laid.read(recorded(x)) * a) + sum(laid.write(recorded(patch)) * b);
  };
  std::vector<Parameter*> all = window.parameters();
  all.insert(all.end(), {&x, &patch});
  test::expect_ok(gradcheck(loss, all));
  CHECK(window.describe() == "GaussianWindow 2 x 2 on 6 x 6");
}

TEST_CASE("gaussian window: sizes that make no window are refused") {
  CHECK(test::throws_with<ConfigError>([] { GaussianWindow(3, 6, 1); }, "at least 2"));
  CHECK_THROWS_AS(GaussianWindow(0, 6, 2), ConfigError);
  CHECK_THROWS_AS(GaussianWindow(3, 0, 2), ConfigError);
}
