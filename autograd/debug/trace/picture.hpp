#pragma once

#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry::debug {

/// How often values fall into equal parts of [low, high]. Numbers that are not finite are left out.
struct Histogram {
  double low = 0, high = 0;
  std::vector<std::int64_t> counts;
};

/// `bins` parts; empty if nothing is finite.
Histogram histogram(const Tensor& x, int bins);

/// A tensor as a small picture: the mean of the values under each cell, in 255 steps.
///
/// The rows and columns are the last two axes, averaged over those before; a vector is one row.
struct HeatMap {
  static constexpr std::uint8_t kNotFinite = 255;  ///< a value under the cell is NaN or infinite

  int rows = 0, columns = 0;
  double low = 0, high = 0;          ///< the values of levels 0 and 254
  std::vector<std::uint8_t> levels;  ///< row major
};

/// At most `side` x `side` cells; empty for a single number.
HeatMap heat_map(const Tensor& x, int side);

}  // namespace tapestry::debug
