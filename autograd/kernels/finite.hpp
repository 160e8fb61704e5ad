#pragma once

#include "autograd/tensor.hpp"

namespace tapestry {

/// Whether no value is NaN or infinite: x - x is 0 for a finite x and NaN otherwise.
template <class T>
bool all_finite(const T* x, std::int64_t n) {
  int bad = 0;
#pragma omp simd reduction(| : bad)
  for (std::int64_t i = 0; i < n; ++i) bad |= x[i] - x[i] != T(0);
  return !bad;
}

/// The same for a tensor, in one pass of all threads; integers always are.
bool all_finite(const Tensor& x);

}  // namespace tapestry
