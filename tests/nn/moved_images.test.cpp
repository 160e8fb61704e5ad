// Images that are moved: where the ink goes.

#include "nn/data/moved_images.hpp"

#include "autograd/ops.hpp"
#include "nn/data/pixels.hpp"
#include "nn/data/strokes.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;

namespace {

constexpr nn::MoveOptions kStill{.turn = 0, .slant = 0, .size = 0, .width = 0, .shift = 0};

Tensor digits(std::int64_t n) {
  return nn::image_tensor(nn::draw_strokes(1, 0, n), 0, n, nn::Binarize::none, Rng(1));
}

/// The mean of row and of column numbers over the ink, [B, 2], from the middle.
Tensor middle(const Tensor& images) {
  const Tensor at = linspace(0, 27, 28) - 13.5, x = reshape(images, {-1, 28, 28});
  const Tensor row = sum(reshape(at, {28, 1}) * x, {1, 2}), column = sum(at * x, {1, 2});
  return stack({row, column}, 1) / reshape(sum(x, {1, 2}), {-1, 1});
}

}  // namespace

TEST_CASE("moved_images: without a move the images stay", "[nn][data]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor x = digits(5);
  CHECK(test::difference(nn::moved_images(x, rng, kStill), x, 1e-12) == "");
  const Tensor full = rng.uniform({2, 784}, DType::f64);  // up to the border
  CHECK(test::difference(nn::moved_images(full, rng, kStill), full, 1e-12) == "");
}

TEST_CASE("moved_images: a shift moves the middle and keeps the ink", "[nn][data]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const Tensor x = digits(200);
  nn::MoveOptions shift = kStill;
  shift.shift = 0.05;
  const Tensor y = nn::moved_images(x, rng, shift);
  const Tensor by = (middle(y) - middle(x)) / 28.0;
  CHECK(max(abs(by)).item() < 0.0501);
  CHECK(mean(square(by)).item() == Approx(0.05 * 0.05 / 3).epsilon(0.2));  // evenly over the range
  CHECK(max(abs(sum(y, -1) / sum(x, -1) - 1.0)).item() < 0.01);            // some reach the border
}

TEST_CASE("moved_images: what is about the middle stays there and keeps its share of ink",
          "[nn][data]") {
  const DTypeScope f64(DType::f64);
  // A disc is the same from all sides, so a turn changes nothing and a larger size its ink alone.
  std::vector<double> disc(28 * 28);
  for (std::size_t i = 0; i < disc.size(); ++i) {
    const double y = static_cast<double>(i / 28) - 13.5, x = static_cast<double>(i % 28) - 13.5;
    disc[i] = x * x + y * y < 36;
  }
  const Tensor one = tensor(disc, {1, 784}), x = broadcast_to(one, {400, 784});
  Rng rng(3);
  nn::MoveOptions turn = kStill, size = kStill;
  turn.turn = 3, size.size = 0.3;
  const Tensor turned = nn::moved_images(x, rng, turn), sized = nn::moved_images(x, rng, size);
  CHECK(max(abs(sum(turned, -1) / sum(one) - 1.0)).item() < 0.03);
  CHECK(max(abs(middle(turned))).item() < 0.1);
  const Tensor growth = log(sum(sized, -1) / sum(one));  // two sides: twice the logarithm
  CHECK(max(growth).item() == Approx(0.6).margin(0.05));
  CHECK(-max(-growth).item() == Approx(-0.6).margin(0.05));
}

TEST_CASE("moved_images: a slant moves rows against each other, and rows must be squares",
          "[nn][data]") {
  const DTypeScope f64(DType::f64);
  Rng rng(4);
  std::vector<double> bar(28 * 28);
  for (std::size_t row = 5; row < 23; ++row) bar[row * 28 + 13] = bar[row * 28 + 14] = 1;
  nn::MoveOptions slant = kStill;
  slant.slant = 0.4;
  const Tensor y = reshape(nn::moved_images(tensor(bar, {1, 784}), rng, slant), {28, 28});
  const Tensor at = linspace(0, 27, 28) - 13.5;
  const auto column = [&](std::int64_t row) {
    const Tensor of = slice(y, 0, row, row + 1);
    return (sum(at * of) / sum(of)).item();
  };
  CHECK(column(6) == Approx(-column(21)).margin(1e-9));
  CHECK(std::abs(column(6)) > 0.1);
  CHECK(column(6) - column(10) == Approx(column(10) - column(14)).margin(1e-9));
  CHECK(test::throws_with<ShapeError>(
      [&] {
        nn::moved_images(zeros({2, 10}), rng);
      },
      "10 pixels are no square"));
}
