#include "autograd/kernels/reduce.hpp"

#include <limits>

#include "autograd/kernels/column_sums.hpp"
#include "autograd/kernels/map.hpp"
#include "autograd/kernels/math.hpp"

namespace tapestry {
namespace {

constexpr std::int64_t kBlock = 16384;
constexpr std::int64_t kRun = 256, kLanes = 16;

// Runs of kRun elements are added up in T, in kLanes sums side by side, and the runs in double: see
// column_sums.hpp. The lanes are written out because not every build makes vector code of a sum.
template <class T>
T sum_row(const T* __restrict x, std::int64_t n) {
  const auto sum_run = [x](std::int64_t from, std::int64_t to) {
    T lanes[kLanes] = {};
    for (; from + kLanes <= to; from += kLanes) {
#pragma omp simd
      for (std::int64_t l = 0; l < kLanes; ++l) lanes[l] += x[from + l];
    }
    double run = 0;
    for (const T lane : lanes) run += static_cast<double>(lane);
    for (; from < to; ++from) run += static_cast<double>(x[from]);
    return run;
  };
  double total = 0;
  std::int64_t at = 0;
  for (; at + kRun <= n; at += kRun) total += sum_run(at, at + kRun);
  return static_cast<T>(total + sum_run(at, n));
}

// Sums of rows [rows, n] -> [rows]. A single long row is cut into fixed blocks, so that threads
// share it without changing the result.

template <class T>
void sum_rows(const T* x, T* y, std::int64_t rows, std::int64_t n) {
  const std::int64_t blocks = (n + kBlock - 1) / kBlock;
  if (blocks <= 1) {
    parallel_rows(rows, n, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) y[r] = sum_row(x + r * n, n);
    });
    return;
  }
  Tensor scratch = Tensor::empty({rows, blocks}, dtype_of<T>());
  T* partial = scratch.mutate<T>().data();
  parallel_rows(rows * blocks, kBlock, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t from = i % blocks * kBlock;
      partial[i] = sum_row(x + i / blocks * n + from, std::min(kBlock, n - from));
    }
  });
  sum_rows(partial, y, rows, blocks);
}

// Folds the middle axis of [outer, n, inner]: y[o, j] = fold over k of x[o, k, j], columns in
// parallel.
template <class T, class F>
void fold_columns(const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner, T start,
                  F f) {
  parallel_pieces(outer * inner, std::max<std::int64_t>(64, kGrain / std::max<std::int64_t>(n, 1)),
                  [=](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t at = begin; at < end;) {
                      const std::int64_t o = at / inner, j = at % inner,
                                         width = std::min(inner - j, end - at);
                      T* __restrict out = y + at;
                      for (std::int64_t i = 0; i < width; ++i) out[i] = start;
                      for (std::int64_t k = 0; k < n; ++k) {
                        const T* __restrict in = x + (o * n + k) * inner + j;
#pragma omp simd
                        for (std::int64_t i = 0; i < width; ++i) out[i] = f(out[i], in[i]);
                      }
                      at += width;
                    }
                  });
}

template <class T>
void sum_middle(const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (inner == 1) return sum_rows(x, y, outer, n);
  std::fill_n(y, outer * inner, T(0));
  parallel_pieces(
      outer * inner, std::max<std::int64_t>(64, kGrain / std::max<std::int64_t>(n, 1)),
      [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t at = begin; at < end;) {
          const std::int64_t o = at / inner, j = at % inner, width = std::min(inner - j, end - at);
          const T* from = x + o * n * inner;
          add_column_sums(n, j, j + width, y + o * inner,
                          [=](std::int64_t k, std::int64_t i) { return from[k * inner + i]; });
          at += width;
        }
      });
}

// NaN wins. A separate pass finds it, because comparisons are false for NaN.
template <class T>
T max_row(const T* __restrict x, std::int64_t n) {
  T top = -std::numeric_limits<T>::infinity();
  int nan = 0;
#pragma omp simd reduction(max : top) reduction(| : nan)
  for (std::int64_t i = 0; i < n; ++i) {
    top = x[i] > top ? x[i] : top;
    nan |= x[i] != x[i];
  }
  return nan ? std::numeric_limits<T>::quiet_NaN() : top;
}

template <class T>
void max_middle(const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (inner == 1) {
    return parallel_rows(outer, n, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) y[r] = max_row(x + r * n, n);
    });
  }
  fold_columns(x, y, outer, n, inner, -std::numeric_limits<T>::infinity(),
               [](T a, T b) { return b > a || b != b ? b : a; });
}

// Applies a fold of the middle axis to every run of neighbouring reduced axes, last run first.
template <class Fold>
Tensor reduce(const Tensor& x, std::uint32_t mask, bool keepdims, Fold fold) {
  Tensor y = x;
  Shape shape = x.shape();  // keeps its rank; reduced axes become 1
  for (int last = x.rank(); last > 0;) {
    if (!(mask >> (last - 1) & 1)) {
      --last;
      continue;
    }
    int first = last - 1;
    while (first > 0 && (mask >> (first - 1) & 1)) --first;
    const std::int64_t outer = shape.size(0, first), n = shape.size(first, last),
                       inner = shape.size(last, x.rank());
    y = fold(y, outer, n, inner);
    for (int axis = first; axis < last; ++axis) shape = shape.with(axis, 1);
    last = first;
  }
  return y.with_shape(reduced_shape(x.shape(), mask, keepdims));
}

template <class Middle>
auto fold_with(Middle middle) {
  return [middle](const Tensor& x, std::int64_t outer, std::int64_t n, std::int64_t inner) {
    Tensor y = Tensor::empty({outer, inner}, x.dtype());
    dispatch(x.dtype(), [&]<class T>(T) {
      middle(x.view<T>().data(), y.mutate<T>().data(), outer, n, inner);
    });
    return y;
  };
}

}  // namespace

Shape reduced_shape(const Shape& shape, std::uint32_t mask, bool keepdims) {
  Shape out = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (mask >> axis & 1) out = keepdims ? out.with(axis, 1) : out.without(axis);
  }
  return out;
}

Tensor sum_axes(const Tensor& x, std::uint32_t mask, bool keepdims) {
  return reduce(x, mask, keepdims, fold_with([](const auto* in, auto* out, auto... sizes) {
                  sum_middle(in, out, sizes...);
                }));
}

Tensor max_axes(const Tensor& x, std::uint32_t mask, bool keepdims) {
  return reduce(x, mask, keepdims, fold_with([](const auto* in, auto* out, auto... sizes) {
                  max_middle(in, out, sizes...);
                }));
}

Tensor logsumexp_axes(const Tensor& x, std::uint32_t mask, bool keepdims) {
  // Subtracting the maximum keeps exp in range; an infinite maximum is left out, or inf - inf is
  // NaN.
  const Tensor top =
      map([](auto m) { return m - m == 0 ? m : decltype(m){0}; }, max_axes(x, mask, true));
  const Tensor shifted = map_broadcast([](auto v, auto m) { return math::exp(v - m); }, x, top);
  const Tensor y =
      map([](auto s, auto m) { return math::log(s) + m; }, sum_axes(shifted, mask, true), top);
  return y.with_shape(reduced_shape(x.shape(), mask, keepdims));
}

Tensor sum_to(Tensor x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int missing = x.rank() - shape.rank();
  std::uint32_t mask = 0;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < missing || (shape[axis - missing] == 1 && x.dim(axis) != 1)) mask |= 1u << axis;
  }
  return sum_axes(x, mask, true).with_shape(shape);
}

}  // namespace tapestry
