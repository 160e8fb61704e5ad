#pragma once

#include <algorithm>

#include "autograd/kernels/parallel.hpp"

// Products of a small minibatch by a large matrix. BLAS packs its operands before it multiplies, and for a
// few rows that costs more than the product; here the large matrix is read as it lies. Shapes as in gemm.
// Cuts depend on the shapes alone, so the result does not depend on the number of threads.

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
void rows_times_transposed(std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                           std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c,
                           std::int64_t ldc) {
  for (; m >= 4; m -= 4, a += 4 * lda, c += 4 * ldc) {
    times_transposed<4>(n, k, a, lda, b, ldb, beta, c, ldc);
  }
  if (m == 3) times_transposed<3>(n, k, a, lda, b, ldb, beta, c, ldc);
  if (m == 2) times_transposed<2>(n, k, a, lda, b, ldb, beta, c, ldc);
  if (m == 1) times_transposed<1>(n, k, a, lda, b, ldb, beta, c, ldc);
}

/// Cuts [0, n) into pieces that are small products: OpenBLAS does those of up to a million
/// multiplications without packing (on AVX-512). Calls piece(begin, size) for each, on all threads.
template <class Piece>
void in_small_products(std::int64_t n, std::int64_t work_each, Piece piece) {
  const std::int64_t size = std::max<std::int64_t>(16, 1'000'000 / work_each / 16 * 16);
  const std::int64_t pieces = (n + size - 1) / size;
  parallel_rows(pieces, size * work_each, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) piece(i * size, std::min(size, n - i * size));
  });
}

/// Does the product if it is one of few rows by a large matrix; says whether it was. `blas(m, n, a, b, c)`
/// is a part of it.
template <class T, class Blas>
bool product(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
             T alpha, const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c,
             std::int64_t ldc, Blas blas) {
  constexpr std::int64_t kFewDots = 8, kFew = 24;
  if (!transpose_a && transpose_b && m <= kFewDots && n * k >= kLarge && alpha == 1) {
    rows_times_transposed(m, n, k, a, lda, b, ldb, beta, c, ldc);
    return true;
  }
  if (!transpose_a && !transpose_b && m <= kFew && n * k >= kLarge) {
    in_small_products(n, m * k, [=](std::int64_t column, std::int64_t columns) {
      blas(m, columns, a, b + column, c + column);
    });
    return true;
  }
  if (transpose_a && !transpose_b && k <= kFew && m * n >= kLarge) {
    in_small_products(m, n * k, [=](std::int64_t row, std::int64_t rows) {
      blas(rows, n, a + row, b, c + row * ldc);
    });
    return true;
  }
  return false;
}

}  // namespace tapestry::few_rows
