#pragma once

#include <cstdint>
#include <vector>

#include "nn/data/idx.hpp"

namespace tapestry::nn {

inline constexpr int kStrokeClasses = 10;  ///< the digits 0 to 9

/// Draws `count` images of 28x28 with handwritten-looking digits, starting at image `first`.
///
/// Image number i shows the digit i mod 10 and is a pure function of (seed, i): a skeleton of pen
/// strokes whose points, slant, size, place and pen width are jittered, drawn with soft edges. Any
/// range of images can be had without the others, and with any number of threads.
/// Throws ConfigError for a negative `first` or a `count` below 1.
ByteImages draw_strokes(std::uint64_t seed, std::int64_t first, std::int64_t count);

/// The digits that images first..first+count-1 show.
std::vector<std::uint8_t> stroke_labels(std::int64_t first, std::int64_t count);

}  // namespace tapestry::nn
