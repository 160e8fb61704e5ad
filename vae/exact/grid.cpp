#include "vae/exact/grid.hpp"

#include <cmath>

#include "autograd/ops.hpp"

namespace tapestry::vae::exact {

Grid::Grid(double from, double to, std::int64_t n) : low(from), high(to) {
  check<ConfigError>(from < to && std::isfinite(to - from) && n >= 1,
                     "a grid needs low < high and at least 1 cell, not [{}, {}] in {} cells", from,
                     to, n);
  const double half_a_step = 0.5 * (to - from) / static_cast<double>(n);
  points = linspace(from + half_a_step, to - half_a_step, n);
}

Tensor Grid::log_integral(const Tensor& log_f) const {
  return logsumexp(log_f, -1) + std::log(step());
}

Tensor Grid::log_mass(const Tensor& log_f) const { return log_f + std::log(step()); }

Tensor Grid::density(const Tensor& log_masses) const { return exp(log_masses) / step(); }

Tensor plane(const Grid& columns, const Grid& rows) {
  const Shape shape{rows.cells(), columns.cells()};
  const Tensor x = broadcast_to(columns.points, shape);
  const Tensor y = broadcast_to(reshape(rows.points, {rows.cells(), 1}), shape);
  return reshape(stack({x, y}, -1), {shape.size(), 2});
}

}  // namespace tapestry::vae::exact
