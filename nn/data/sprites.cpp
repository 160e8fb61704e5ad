#include "nn/data/sprites.hpp"

#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::nn {

namespace {

constexpr int kFine = 8;  // soft edges: a pixel is as bright as the share of 8 x 8 points inside

/// Whether a point (right, down) of the centre of gravity lies inside a shape of area 1.
bool inside(SpriteShape shape, double right, double down) {
  switch (shape) {
    case SpriteShape::square:
      return std::fabs(right) <= 0.5 && std::fabs(down) <= 0.5;
    case SpriteShape::disc:
      return right * right + down * down <= 1 / std::numbers::pi;
    case SpriteShape::triangle: {
      // Equal sides of 2 / 3^(1/4), on its base: two thirds of its height are above the centre.
      const double side = 2 / std::pow(3, 0.25), height = 0.5 * std::numbers::sqrt3 * side;
      const double from_tip = down + height * 2 / 3;
      return from_tip >= 0 && from_tip <= height &&
             std::fabs(right) <= from_tip / std::numbers::sqrt3;
    }
  }
  return false;
}

/// Value number i of n, evenly from first to last; the middle for one.
double spread(double first, double last, int i, int n) {
  return n == 1 ? 0.5 * (first + last) : first + (last - first) * i / (n - 1);
}

}  // namespace

Tensor draw_sprite(double x, double y, double size, SpriteShape shape) {
  check_value("draw_sprite", "x", x, kFinite);
  check_value("draw_sprite", "y", y, kFinite);
  check_value("draw_sprite", "size", size, kPositive);
  std::vector<double> pixels;
  const auto point = [](std::int64_t pixel, int i) {
    return static_cast<double>(pixel) + (i + 0.5) / kFine;
  };
  for (std::int64_t row = 0; row < kSpriteSide; ++row) {
    for (std::int64_t column = 0; column < kSpriteSide; ++column) {
      int hits = 0;
      for (int i = 0; i < kFine; ++i)
        for (int j = 0; j < kFine; ++j)
          hits += inside(shape, (point(column, j) - x) / size, (point(row, i) - y) / size);
      pixels.push_back(static_cast<double>(hits) / (kFine * kFine));
    }
  }
  return tensor(pixels, {kSpriteSide, kSpriteSide});
}

Tensor Sprites::factor(int number) const {
  check<ConfigError>(number >= 0 && number < 4, "sprites have the factors 0 to 3, not {}", number);
  const std::span<const std::int32_t> table = factors.view<std::int32_t>();
  std::vector<std::int32_t> column;
  for (auto i = static_cast<std::size_t>(number); i < table.size(); i += 4)
    column.push_back(table[i]);
  return index_tensor(column, {size()});
}

ByteImages Sprites::bytes() const {
  ByteImages out{.count = size(), .rows = kSpriteSide, .cols = kSpriteSide, .pixels = {}};
  for (const double grey : images.to_vector())
    out.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * grey)));
  return out;
}

Sprites all_sprites(const SpriteOptions& options) {
  const auto [positions, sizes] = options;
  check<ConfigError>(positions >= 1 && sizes >= 1,
                     "sprites need at least 1 position and 1 size, not {} and {}", positions,
                     sizes);
  std::vector<Tensor> images;
  std::vector<std::int32_t> factors;
  for (int x = 0; x < positions; ++x) {
    for (int y = 0; y < positions; ++y) {
      for (int size = 0; size < sizes; ++size) {
        for (int shape = 0; shape < kSpriteShapes; ++shape) {
          images.push_back(draw_sprite(spread(4.5, 11.5, x, positions),
                                       spread(4.5, 11.5, y, positions), spread(3, 5, size, sizes),
                                       static_cast<SpriteShape>(shape)));
          factors.insert(factors.end(), {x, y, size, shape});
        }
      }
    }
  }
  const auto n = static_cast<std::int64_t>(images.size());
  return {.images = stack(images, 0),
          .factors = index_tensor(factors, {n, 4}),
          .counts = {positions, positions, sizes, kSpriteShapes}};
}

SpriteMeasures measure_sprites(const Tensor& images) {
  check_values("measure_sprites", "images", images, kNonNegative);
  const Tensor brightness = sum(images, {-1, -2});
  check_values("measure_sprites", "the brightness of an image", brightness, kPositive);
  const Tensor middle = arange(kSpriteSide, images.dtype()) + 0.5;  // of each pixel
  return {.x = sum(images * middle, {-1, -2}) / brightness,
          .y = sum(sum(images, -1) * middle, -1) / brightness,
          .size = sqrt(brightness)};
}

}  // namespace tapestry::nn
