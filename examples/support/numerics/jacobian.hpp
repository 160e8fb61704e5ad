#pragma once

#include <functional>
#include <vector>

#include "support/numerics/derivative.hpp"

namespace support {

/// The slopes of a map by the tape: z [n, Z] to dz'_i/dz_j [n, Z, Z], where z'[k] is made of z[k] alone.
inline tapestry::Tensor jacobian(
    const std::function<tapestry::Tensor(const tapestry::Tensor& z)>& map,
    const tapestry::Tensor& z) {
  std::vector<tapestry::Tensor> rows;
  for (std::int64_t i = 0; i < z.dim(1); ++i) {
    const auto row = [&](const tapestry::Tensor& at) { return slice(map(at), 1, i, i + 1); };
    rows.push_back(slope(row, z));
  }
  return stack(rows, 1);
}

/// log |det| of matrices [n, 2, 2].
inline tapestry::Tensor log_det_2x2(const tapestry::Tensor& m) {
  const auto at = [&](int i, int j) {
    return reshape(slice(slice(m, 1, i, i + 1), 2, j, j + 1), {-1});
  };
  return log(abs(at(0, 0) * at(1, 1) - at(0, 1) * at(1, 0)));
}

/// log |det| of matrices [n, Z, Z] that are far from singular: rounding grows with the square of their condition number.
inline tapestry::Tensor log_abs_det(const tapestry::Tensor& m) {
  return 0.5 * log_det(matmul(m, m, {.transpose_left = true}));
}

}  // namespace support
