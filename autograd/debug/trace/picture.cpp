#include "autograd/debug/trace/picture.hpp"

#include <algorithm>
#include <cmath>

namespace tapestry::debug {

Histogram histogram(const Tensor& x, int bins) {
  Histogram h;
  const std::vector<double> values = x.to_vector();
  bool any = false;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    h.low = any ? std::min(h.low, v) : v;
    h.high = any ? std::max(h.high, v) : v;
    any = true;
  }
  if (!any || bins < 1) return {};
  h.counts.assign(static_cast<std::size_t>(bins), 0);
  const double width = h.high - h.low;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    const double place = width > 0 ? (v - h.low) / width * bins : 0;
    ++h.counts[static_cast<std::size_t>(std::clamp(static_cast<int>(place), 0, bins - 1))];
  }
  return h;
}

HeatMap heat_map(const Tensor& x, int side) {
  HeatMap map;
  if (x.size() < 2 || side < 1) return map;
  const std::int64_t height = x.rank() < 2 ? 1 : x.dim(-2), width = x.dim(-1);
  const std::int64_t rows = std::min<std::int64_t>(height, side);
  const std::int64_t columns = std::min<std::int64_t>(width, side);

  struct Cell {
    double sum = 0;
    std::int64_t count = 0;
    bool finite = true;
  };
  std::vector<Cell> cells(static_cast<std::size_t>(rows * columns));
  const std::vector<double> values = x.to_vector();
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const std::int64_t row = i / width % height * rows / height;
    const std::int64_t column = i % width * columns / width;
    Cell& cell = cells[static_cast<std::size_t>(row * columns + column)];
    const double v = values[static_cast<std::size_t>(i)];
    cell.finite = cell.finite && std::isfinite(v);
    cell.sum += v;
    ++cell.count;
  }

  const auto mean = [](const Cell& c) { return c.sum / static_cast<double>(c.count); };
  bool any = false;
  for (const Cell& cell : cells) {
    if (!cell.finite) continue;
    map.low = any ? std::min(map.low, mean(cell)) : mean(cell);
    map.high = any ? std::max(map.high, mean(cell)) : mean(cell);
    any = true;
  }
  map.rows = static_cast<int>(rows);
  map.columns = static_cast<int>(columns);
  const double range = map.high - map.low;
  for (const Cell& cell : cells) {
    const double level = range > 0 ? (mean(cell) - map.low) / range * 254 : 0;
    map.levels.push_back(cell.finite ? static_cast<std::uint8_t>(std::lround(level))
                                     : HeatMap::kNotFinite);
  }
  return map;
}

}  // namespace tapestry::debug
