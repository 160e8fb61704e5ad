#include "autograd/kernels/nearest_rows.hpp"

#include <algorithm>

#include "autograd/kernels/parallel.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry {
namespace {

/// distance[k] = |x - row k|^2, given the rows' transpose by_axis [D, K]: all of them grow axis by axis.
/// Every difference is taken as it is: |x|^2 - 2 x.row + |row|^2 would lose the digits that decide
/// between two near rows.
template <class T>
void squared_distances(const T* __restrict x, const T* __restrict by_axis, std::int64_t width,
                       std::int64_t count, T* __restrict distance) {
  std::fill_n(distance, count, T{0});
  for (std::int64_t d = 0; d < width; ++d) {
    const T at = x[d];
    const T* __restrict axis = by_axis + d * count;
    for (std::int64_t k = 0; k < count; ++k) distance[k] += (at - axis[k]) * (at - axis[k]);
  }
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
      Tensor scratch = Tensor::empty({count}, x.dtype());  // from the pool of this thread
      const std::span<T> distance = scratch.mutate<T>();
      for (std::int64_t i = begin; i < end; ++i) {
        squared_distances(from + i * width, axes, width, count, distance.data());
        const auto least = std::min_element(distance.begin(), distance.end());
        number[i] = static_cast<std::int32_t>(least - distance.begin());
      }
    });
  });
  return out;
}

}  // namespace tapestry
