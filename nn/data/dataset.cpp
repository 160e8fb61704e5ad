#include "nn/data/dataset.hpp"

#include <numeric>
#include <vector>

#include "autograd/error.hpp"

namespace tapestry::nn {

Batch Dataset::range(Part part, std::int64_t first, std::int64_t count, const Rng& rng) const {
  check<ShapeError>(first >= 0 && count >= 0 && first + count <= size(part),
                    "data: rows {} to {} of {}", first, first + count - 1, size(part));
  std::vector<std::int32_t> index(static_cast<std::size_t>(count));
  std::iota(index.begin(), index.end(), static_cast<std::int32_t>(first));
  Batch rows = batch(part, index, rng, 0);
  rows.index = {};
  return rows;
}

}  // namespace tapestry::nn
