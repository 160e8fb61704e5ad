#include "autograd/kernels/finite.hpp"

#include <atomic>

#include "autograd/kernels/parallel.hpp"

namespace tapestry {

bool all_finite(const Tensor& x) {
  if (x.dtype() == DType::i32) return true;
  return dispatch(x.dtype(), [&]<class T>(T) {
    const T* values = x.view<T>().data();
    std::atomic<bool> good = true;
    parallel_pieces(x.size(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      if (!all_finite(values + begin, end - begin)) good.store(false, std::memory_order_relaxed);
    });
    return good.load(std::memory_order_relaxed);
  });
}

}  // namespace tapestry
