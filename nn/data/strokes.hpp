#pragma once

#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"
#include "nn/data/idx.hpp"

namespace tapestry::nn {

inline constexpr int kStrokeClasses = 10;  ///< the digits 0 to 9

/// Draws `count` images of 28x28 with handwritten-looking digits, starting at image `first`.
///
/// Image number i shows the digit i mod 10 and is a pure function of (seed, i): a skeleton of pen
/// strokes whose points, slant, size, place and pen width are jittered, drawn with soft edges. Any
/// range of images can be drawn without the others, and with any number of threads.
/// Throws ConfigError for a negative `first` or a `count` below 1.
ByteImages draw_strokes(std::uint64_t seed, std::int64_t first, std::int64_t count);

inline constexpr std::int64_t kStrokeMoves = 40;

/// The digits of `draw_strokes` as movements of the pen: [count, kStrokeMoves, 3], a row (dx, dy, lift) for each
/// move, of the default dtype. Lengths are in pixels, x to the right and y downwards. The pen starts in the middle
/// of the paper; with lift 1 it moves through the air, to where a stroke begins, with 0 it draws. Moves that
/// draw are evenly long within a stroke, but for a hand that shakes by a tenth of a pixel at each stop.
Tensor draw_stroke_paths(std::uint64_t seed, std::int64_t first, std::int64_t count);

/// The digits that images first..first+count-1 show.
std::vector<std::uint8_t> stroke_labels(std::int64_t first, std::int64_t count);

}  // namespace tapestry::nn
