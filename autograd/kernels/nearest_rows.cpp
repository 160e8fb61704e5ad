#include "autograd/kernels/nearest_rows.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "autograd/kernels/parallel.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry {
namespace {

/// Rows whose distances are kept at a time: on the stack, so that no piece of the loop below allocates.
constexpr std::int64_t kBlock = 256;

/// distance[k] = |x - row k|^2 for `count` rows, given the transpose of all, by_axis [D, all]: they grow axis by axis.
/// Every difference is taken as it is: |x|^2 - 2 x.row + |row|^2 would lose the digits that decide
/// between two near rows.
template <class T>
void squared_distances(const T* __restrict x, const T* __restrict by_axis, std::int64_t width,
                       std::int64_t all, std::int64_t count, T* __restrict distance) {
  std::fill_n(distance, count, T{0});
  for (std::int64_t d = 0; d < width; ++d) {
    const T at = x[d];
    const T* __restrict axis = by_axis + d * all;
    for (std::int64_t k = 0; k < count; ++k) distance[k] += (at - axis[k]) * (at - axis[k]);
  }
}

/// The number of the row of the least distance, of equal ones the first; 0 if no distance is a number.
template <class T>
std::int64_t nearest_row(const T* x, const T* by_axis, std::int64_t width, std::int64_t all) {
  std::array<T, kBlock> distance;
  T least = std::numeric_limits<T>::infinity();
  std::int64_t nearest = 0;
  for (std::int64_t first = 0; first < all; first += kBlock) {
    const std::int64_t count = std::min(kBlock, all - first);
    squared_distances(x, by_axis + first, width, all, count, distance.data());
    for (std::int64_t k = 0; k < count; ++k) {
      const T here = distance[static_cast<std::size_t>(k)];
      if (here < least) least = here, nearest = first + k;
    }
  }
  return nearest;
}

}  // namespace

Tensor nearest_rows(const Tensor& x, const Tensor& rows) {
  const NoGrad no_grad;
  const std::int64_t count = rows.dim(0), width = rows.dim(1);
  const Tensor by_axis = transpose(rows);
  Tensor out = Tensor::empty(x.shape().sub(0, x.rank() - 1), DType::i32);
  std::int32_t* number = out.mutate<std::int32_t>().data();
  dispatch(x.dtype(), [&]<class T>(T) {
    const T *from = x.view<T>().data(), *axes = by_axis.view<T>().data();
    parallel_rows(out.size(), count * width, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        number[i] = static_cast<std::int32_t>(nearest_row(from + i * width, axes, width, count));
    });
  });
  return out;
}

}  // namespace tapestry
