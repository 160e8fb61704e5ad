#pragma once

#include <array>

#include "autograd/tensor.hpp"
#include "nn/data/idx.hpp"

namespace tapestry::nn {

inline constexpr std::int64_t kSpriteSide = 16;  ///< images are 16 x 16

enum class SpriteShape : std::uint8_t { square, disc, triangle };
inline constexpr int kSpriteShapes = 3;

/// The factors of a sprite, in the order of the columns of Sprites::factors.
inline constexpr std::array kSpriteFactors{"x", "y", "size", "shape"};

/// One white figure on black with soft edges, [16, 16] in [0, 1], of the default dtype.
///
/// (x, y) is the centre of gravity in pixels from the upper left corner, and `size` the square root
/// of the area in pixels, whatever the shape: so the factors can be measured in the image again
/// (measure_sprites). Parts beyond the edge are cut off. Throws DomainError unless all are finite
/// and size > 0.
Tensor draw_sprite(double x, double y, double size, SpriteShape shape);

/// How finely the factors are cut.
struct SpriteOptions {
  int positions = 8;  ///< of x and of y, from 4.5 to 11.5 pixels
  int sizes = 3;      ///< from 3 to 5 pixels; 4 for one
};

/// F6, the sprites: every combination of the factors once, so that the factors are independent and
/// uniform, and what a code says about them (mutual information gap, total correlation, attribute
/// vectors) can be enumerated. No download, no seed. No figure is cut off at the edge.
struct Sprites {
  Tensor images;   ///< [N, 16, 16]; N = positions^2 sizes 3
  Tensor factors;  ///< [N, 4] i32: number of the value of each factor; shape runs fastest
  std::array<int, 4> counts;  ///< values of each factor

  std::int64_t size() const { return images.dim(0); }
  Tensor flat() const { return images.with_shape({size(), kSpriteSide * kSpriteSide}); }
  /// Column `factor` of factors as one class number for each image, [N].
  Tensor factor(int factor) const;
  ByteImages bytes() const;  ///< rounded to 0..255, for the batcher and the trainer
};

/// 576 images for the usual options. Throws ConfigError unless there is at least one of each.
Sprites all_sprites(const SpriteOptions& options = {});

/// What an image shows, by its moments; all [...], in pixels. Recorded.
struct SpriteMeasures {
  Tensor x, y;  ///< centre of gravity
  Tensor size;  ///< square root of the total brightness
};
/// images [..., 16, 16], non-negative and not all black (DomainError).
SpriteMeasures measure_sprites(const Tensor& images);

}  // namespace tapestry::nn
