#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae::exact {

/// A line cut into equal cells, each represented by its middle: integrals become sums.
///
///     integral f(z) dz  ~  sum_i f(z_i) step
///
/// For a smooth f that vanishes before the ends the error falls faster than any power of the step:
/// a few cells for each of f's shortest wavelengths give all digits of a double.
struct Grid {
  Tensor points;     ///< [n], the middles of the cells
  double low, high;  ///< where the first cell begins and the last one ends

  /// n cells on [low, high], of the default dtype. Throws ConfigError unless low < high and n >= 1.
  Grid(double low, double high, std::int64_t n);

  std::int64_t cells() const { return points.size(); }
  double step() const { return (high - low) / static_cast<double>(cells()); }
  /// log integral exp(log_f), [...], from the logarithms [..., n] of f at the points. Recorded.
  Tensor log_integral(const Tensor& log_f) const;
  /// log (f step), [..., n]: a table of masses for the functions of table.hpp. Recorded.
  Tensor log_mass(const Tensor& log_f) const;
  /// A density at the points, [..., n], from the logarithms of the masses of the cells. Recorded.
  Tensor density(const Tensor& log_masses) const;
};

/// The points of two grids as pairs, [rows * columns, 2]: (column's point, row's point), row by row.
/// One pair stands for an area of columns.step() rows.step(): for plots and integrals in the plane.
Tensor plane(const Grid& columns, const Grid& rows);

}  // namespace tapestry::vae::exact
