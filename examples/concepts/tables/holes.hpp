#pragma once

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "nn/data/tensor_dataset.hpp"

// Holes in tables, and how well they are filled.

namespace concepts {

using namespace tapestry;

/// 1 where an entry of x [N, D] is seen: each with the same odds, whatever it is.
inline Tensor seen_at_random(const Tensor& x, Rng& rng) {
  return less(rng.uniform(x.shape(), x.dtype()), 0.5).to(x.dtype());
}

/// As a training sees it: zeros in the holes, `seen` as labels.
inline nn::TensorPart with_holes(const Tensor& x, const Tensor& seen) { return {x * seen, seen}; }

/// The mean of what was seen of each column, [D]; `fill` for a column of which nothing was.
inline Tensor column_means(const nn::TensorPart& table, double fill = 0) {
  const Tensor count = sum(table.labels, 0);
  return where(greater(count, 0.0), sum(table.rows, 0) / maximum(count, 1.0), fill);
}

/// Root of the mean squared error over the holes.
inline double error_in_holes(const Tensor& filled, const Tensor& x, const Tensor& seen) {
  const Tensor hole = 1.0 - seen;
  return std::sqrt((sum(hole * square(filled - x)) / sum(hole)).item());
}

}  // namespace concepts
