#pragma once

#include <functional>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "prob/sparse_precision_normal.hpp"

// The steps of a normal with a sparse factor L, and wrong versions of them.

namespace concepts {

using namespace tapestry;
using prob::SparsePrecisionNormal;

struct FactorSteps {
  std::function<Tensor(const SparsePrecisionNormal&, const Tensor& x)> log_prob =
      [](const SparsePrecisionNormal& p, const Tensor& x) { return p.log_prob(x); };
  std::function<Tensor(const SparsePrecisionNormal&, Rng&, std::int64_t n)> sample =
      [](const SparsePrecisionNormal& p, Rng& rng, std::int64_t n) { return p.sample(rng, {n}); };
  std::function<Tensor(std::int64_t rows, std::int64_t cols, std::int64_t radius)> later =
      prob::later_pixels;
};

/// Dense, [D, D].
inline Tensor dense_factor(const SparsePrecisionNormal& p) {
  const std::int64_t D = p.later.dim(0), K = p.later.dim(1);
  std::vector<double> L(static_cast<std::size_t>(D * (D + 1)), 0.0);  // a last row for no neighbour
  const auto diagonal = p.diagonal.to_vector(), below = p.below.to_vector(),
             later = p.later.to_vector();
  for (std::int64_t i = 0; i < D; ++i) {
    L[static_cast<std::size_t>(i * D + i)] = diagonal[static_cast<std::size_t>(i)];
    for (std::int64_t n = i * K; n < (i + 1) * K; ++n)
      L[static_cast<std::size_t>(static_cast<std::int64_t>(later[static_cast<std::size_t>(n)]) * D +
                                 i)] += below[static_cast<std::size_t>(n)];
  }
  return slice(tensor(L, {D + 1, D}), 0, 0, D);
}

/// L in the place of L^T: |L (x - mu)|^2, and x = mu + L^-1 e.
inline FactorSteps L_not_transposed() {
  FactorSteps steps;
  steps.log_prob = [](const SparsePrecisionNormal& p, const Tensor& x) {
    const Tensor Lv = matmul(x - p.loc, dense_factor(p), {.transpose_right = true});
    return p.log_prob(x) + 0.5 * sum(square(p.whiten(x)) - square(Lv), -1);
  };
  steps.sample = [](const SparsePrecisionNormal& p, Rng& rng, std::int64_t n) {
    const Tensor e = rng.normal({p.later.dim(0), n});
    return p.loc + transpose(triangular_solve(dense_factor(p), e));
  };
  return steps;
}
/// log L_ii^2: the log determinant of L L^T, without its 1/2.
inline FactorSteps log_det_of_diagonal_squared() {
  FactorSteps steps;
  steps.log_prob = [](const SparsePrecisionNormal& p, const Tensor& x) {
    return p.log_prob(x) + sum(log(p.diagonal), -1);
  };
  return steps;
}
/// The right neighbour of the last pixel of a row is the first one of the next row.
inline FactorSteps neighbours_wrap_rows() {
  FactorSteps steps;
  steps.later = [](std::int64_t rows, std::int64_t cols, std::int64_t radius) {
    std::vector<std::int32_t> later;
    for (std::int64_t i = 0; i < rows * cols; ++i)
      for (std::int64_t down = 0; down <= radius; ++down)
        for (std::int64_t right = down == 0 ? 1 : -radius; right <= radius; ++right)
          later.push_back(
              static_cast<std::int32_t>(std::min(i + down * cols + right, rows * cols)));
    return index_tensor(later, {rows * cols, 2 * radius * (radius + 1)});
  };
  return steps;
}

}  // namespace concepts
