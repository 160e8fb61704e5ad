#pragma once

#include <algorithm>

#include "autograd/kernels/parallel.hpp"
#include "autograd/kernels/product.hpp"

// Products of a small minibatch by a large matrix. BLAS packs its operands before it multiplies, and for a
// few rows that costs more than the product; here the large matrix is read in place, unpacked.
// Shapes as in gemm. Cuts depend on the shapes alone, so the result does not depend on the number
// of threads.

namespace tapestry::few_rows {

/// From 65,536 elements on a matrix is large.
constexpr std::int64_t kLarge = 1 << 16;

/// C[R,n] = beta C + A[R,k] B[n,k]^T: every row of B against all rows of A.
template <int R, class T>
void times_transposed(std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, const T* b,
                      std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
  parallel_rows(n, R * k, [=](std::int64_t begin, std::int64_t end) {
    const T *a1 = a + (R > 1 ? lda : 0), *a2 = a + (R > 2 ? 2 * lda : 0),
            *a3 = a + (R > 3 ? 3 * lda : 0);
    for (std::int64_t j = begin; j < end; ++j) {
      const T* __restrict row = b + j * ldb;
      T s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
      for (std::int64_t i = 0; i < k; ++i) {
        s0 += row[i] * a[i];
        if constexpr (R > 1) s1 += row[i] * a1[i];
        if constexpr (R > 2) s2 += row[i] * a2[i];
        if constexpr (R > 3) s3 += row[i] * a3[i];
      }
      const T sums[] = {s0, s1, s2, s3};
      for (std::int64_t r = 0; r < R; ++r) {
        T& out = c[r * ldc + j];
        out = (beta == 0 ? T(0) : beta * out) + sums[r];
      }
    }
  });
}

/// The same for m rows, four at a time.
template <class T>
void rows_times_transposed(Product<T> p) {
  const auto next = [&]<int R>() {
    times_transposed<R>(p.n, p.k, p.a, p.lda, p.b, p.ldb, p.beta, p.c, p.ldc);
    p = p.rows(R, p.m - R);
  };
  while (p.m >= 4) next.template operator()<4>();
  if (p.m == 3) next.template operator()<3>();
  if (p.m == 2) next.template operator()<2>();
  if (p.m == 1) next.template operator()<1>();
}

/// Cuts [0, n) into pieces that are small products: OpenBLAS does those of up to a million
/// multiplications without packing (on AVX-512). Calls compute(begin, size) for each, on all threads.
template <class Compute>
void in_small_products(std::int64_t n, std::int64_t work_each, Compute compute) {
  const std::int64_t size = std::max<std::int64_t>(16, 1'000'000 / work_each / 16 * 16);
  const std::int64_t pieces = (n + size - 1) / size;
  parallel_rows(pieces, size * work_each, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) compute(i * size, std::min(size, n - i * size));
  });
}

/// Computes the product and returns true if it has few rows and a large matrix; else returns false.
template <class T>
bool product(const Product<T>& p) {
  constexpr std::int64_t kFewDots = 8, kFew = 24;
  if (!p.transpose_a && p.transpose_b && p.m <= kFewDots && p.n * p.k >= kLarge && p.alpha == 1) {
    rows_times_transposed(p);
    return true;
  }
  if (!p.transpose_a && !p.transpose_b && p.m <= kFew && p.n * p.k >= kLarge) {
    in_small_products(p.n, p.m * p.k, [&](std::int64_t first, std::int64_t count) {
      multiply(p.columns(first, count));
    });
    return true;
  }
  if (p.transpose_a && !p.transpose_b && p.k <= kFew && p.m * p.n >= kLarge) {
    in_small_products(p.m, p.n * p.k, [&](std::int64_t first, std::int64_t count) {
      multiply(p.rows(first, count));
    });
    return true;
  }
  return false;
}

}  // namespace tapestry::few_rows
