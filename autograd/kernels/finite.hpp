#pragma once

#include "autograd/tensor.hpp"

namespace tapestry {

/// 1 for NaN and infinity: x - x is 0 for a finite x and NaN otherwise. An int, so that a loop can
/// gather it by `reduction(| : bad)`.
template <class T>
int not_finite(T x) {
  return x - x != T(0);
}

/// Whether no value is NaN or infinite.
template <class T>
bool all_finite(const T* x, std::int64_t n) {
  int bad = 0;
#pragma omp simd reduction(| : bad)
  for (std::int64_t i = 0; i < n; ++i) bad |= not_finite(x[i]);
  return !bad;
}

/// The same for a tensor, in one pass of all threads; integers are always finite.
bool all_finite(const Tensor& x);

}  // namespace tapestry
