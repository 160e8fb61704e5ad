#include "nn/data/sprites.hpp"

#include <array>
#include <cmath>
#include <set>

#include "autograd/ops.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using nn::all_sprites;
using nn::draw_sprite;
using nn::measure_sprites;
using nn::SpriteShape;

TEST_CASE("sprites: every combination of factors stands there once", "[nn][data]") {
  const auto sprites = all_sprites();
  REQUIRE(sprites.images.shape() == Shape{576, 16, 16});
  REQUIRE(sprites.factors.shape() == Shape{576, 4});
  CHECK(sprites.counts == std::array{8, 8, 3, 3});
  std::set<std::vector<double>> images, rows;
  const auto pixels = sprites.images.to_vector(), factors = sprites.factors.to_vector();
  for (int i = 0; i < 576; ++i) {
    images.emplace(pixels.begin() + i * 256, pixels.begin() + (i + 1) * 256);
    rows.emplace(factors.begin() + i * 4, factors.begin() + (i + 1) * 4);
  }
  CHECK(images.size() == 576);
  CHECK(rows.size() == 576);
  for (int f = 0; f < 4; ++f) {
    const Tensor column = sprites.factor(f);
    CHECK(column.at({0}) == 0);
    CHECK(column.at({575}) == sprites.counts[static_cast<std::size_t>(f)] - 1);
    CHECK(column.at({200}) == sprites.factors.at({200, f}));
  }
}

TEST_CASE("sprites: position and size can be read from the image again", "[nn][data]") {
  const DTypeScope f64(DType::f64);
  const auto sprites = all_sprites();
  const auto seen = measure_sprites(sprites.images);
  const auto value = [&](int f, double first, double step) {
    return first + step * sprites.factor(f).to(DType::f64);
  };
  CHECK(max(abs(seen.x - value(0, 4.5, 1))).item() < 0.02);
  CHECK(max(abs(seen.y - value(1, 4.5, 1))).item() < 0.05);
  CHECK(max(abs(seen.size - value(2, 3, 1))).item() < 0.05);
}

TEST_CASE("sprites: a square on whole pixels is crisp, and moving it moves its pixels",
          "[nn][data]") {
  const Tensor image = draw_sprite(4.5, 7.5, 3, SpriteShape::square);
  CHECK(sum(image).item() == 9);
  for (int row = 6; row < 9; ++row)
    for (int column = 3; column < 6; ++column) CHECK(image.at({row, column}) == 1);
  const Tensor right = draw_sprite(6.5, 7.5, 3, SpriteShape::square);
  CHECK(slice(image, 1, 0, 14).to_vector() == slice(right, 1, 2, 16).to_vector());
}

TEST_CASE("sprites: a triangle stands on its base, a disc is the same from all sides",
          "[nn][data]") {
  const Tensor triangle = sum(draw_sprite(8, 8, 5, SpriteShape::triangle), 1);
  CHECK(triangle.at({5}) < triangle.at({7}));
  CHECK(triangle.at({7}) < triangle.at({9}));
  const Tensor disc = draw_sprite(8, 8, 5, SpriteShape::disc);
  CHECK(disc.to_vector() == transpose(disc).to_vector());
  CHECK(disc.at({8, 8}) == 1);
  CHECK((disc.at({8, 5}) > 0 && disc.at({8, 5}) < 1));
}

TEST_CASE("sprites: nothing is cut off at the edge", "[nn][data]") {
  const auto sprites = all_sprites({.positions = 2, .sizes = 2});
  REQUIRE(sprites.size() == 24);
  const Tensor area = sum(sprites.images, {-1, -2});
  const Tensor side = 3.0 + 2.0 * sprites.factor(2).to(area.dtype());
  CHECK(max(abs(area - square(side))).item() < 0.5);
}

TEST_CASE("sprites: bytes are the rounded images, for the batcher", "[nn][data]") {
  const auto sprites = all_sprites({.positions = 2, .sizes = 1});
  const nn::ByteImages bytes = sprites.bytes();
  REQUIRE(bytes.count == 12);
  REQUIRE(bytes.image_size() == 256);
  REQUIRE(bytes.pixels.size() == 12 * 256);
  const auto grey = sprites.images.to_vector();
  for (std::size_t i = 0; i < grey.size(); ++i)
    REQUIRE(std::fabs(bytes.pixels[i] - 255 * grey[i]) <= 0.5);
}

TEST_CASE("sprites: measures have gradients in the pixels", "[nn][data]") {
  const DTypeScope f64(DType::f64);
  const std::array inputs{0.1 + draw_sprite(6, 9, 4, SpriteShape::disc)};
  test::expect_grad(
      [](auto in) {
        const auto seen = measure_sprites(in[0]);
        return seen.x + 2.0 * seen.y + 3.0 * seen.size;
      },
      inputs);
}

TEST_CASE("sprites: impossible sprites and black images are refused", "[nn][data]") {
  CHECK(test::throws_with<DomainError>([] { draw_sprite(8, 8, 0, SpriteShape::disc); }, "size"));
  CHECK(test::throws_with<DomainError>([] { draw_sprite(std::nan(""), 8, 3, SpriteShape::disc); },
                                       "x"));
  CHECK(test::throws_with<ConfigError>([] { all_sprites({.positions = 0}); }, "1 position"));
  CHECK(test::throws_with<ConfigError>([] { all_sprites({.positions = 1}).factor(4); }, "not 4"));
  CHECK(test::throws_with<DomainError>([] { measure_sprites(zeros({2, 16, 16})); }, "brightness"));
}
