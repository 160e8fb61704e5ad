#pragma once

#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"
#include "nn/data/idx.hpp"

namespace tapestry::nn {

inline constexpr int kStrokeClasses = 10;  ///< the digits 0 to 9

/// How a writer holds the pen.
struct PenStyle {
  float slant = .12f;                ///< mean lean to the right for each pixel up
  float slant_reach = .45f;          ///< furthest from that; the middle is more common
  float thin = .75f, thick = 1.75f;  ///< limits of the pen's radius, in pixels
};

/// Draws `count` images of 28x28 with handwritten-looking digits, starting at image `first`.
///
/// Image number i shows the digit i mod 10 and is a pure function of (seed, i): a skeleton of pen
/// strokes whose points, slant, size, place and pen width are jittered, drawn with soft edges. Any
/// range of images can be drawn without the others, and with any number of threads.
/// A style moves slant and pen and leaves all else as it is.
/// Throws ConfigError for a negative `first`, a `count` below 1, or a style whose pen is not 0 < thin <= thick.
ByteImages draw_strokes(std::uint64_t seed, std::int64_t first, std::int64_t count,
                        const PenStyle& style = {});

inline constexpr std::int64_t kStrokeMoves = 40;

/// The digits of `draw_strokes` as movements of the pen: [count, kStrokeMoves, 3], a row (dx, dy, lift) for each
/// move, of the default dtype. Lengths are in pixels, x to the right and y downwards. The pen starts in the middle
/// of the paper; with lift 1 it moves through the air, to where a stroke begins, with 0 it draws. Moves that
/// draw are evenly long within a stroke, but for a hand that shakes by a tenth of a pixel at each stop.
Tensor draw_stroke_paths(std::uint64_t seed, std::int64_t first, std::int64_t count);

/// The digits that images first..first+count-1 show.
std::vector<std::uint8_t> stroke_labels(std::int64_t first, std::int64_t count);

}  // namespace tapestry::nn
