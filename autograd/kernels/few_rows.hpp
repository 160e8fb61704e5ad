#pragma once

#include <algorithm>

#include "autograd/kernels/parallel.hpp"

// Products with at most four rows (a minibatch that small) wait for the large matrix, which is read once.
// BLAS packs it first, which here costs more than the product: these loops read it as it lies. Shapes as
// in gemm; C becomes beta C + ..., with beta 0 or 1.

namespace tapestry::few_rows {

constexpr std::int64_t kMost = 4;

/// C[R,n] from A[R,k] and B[n,k]: every row of B against all rows of A.
template <int R, class T>
void times_transposed(std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, const T* b,
                      std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
  parallel_rows(n, R * k, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      const T* __restrict row = b + j * ldb;
      // Rows that do not exist repeat the first: their sums are not stored.
      const T *a1 = a + (R > 1 ? lda : 0), *a2 = a + (R > 2 ? 2 * lda : 0),
              *a3 = a + (R > 3 ? 3 * lda : 0);
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
        out = (beta == 0 ? T(0) : out) + sums[r];
      }
    }
  });
}

/// y = beta y + sum over p of scale[p step] rows[p], four rows at a time; each is `width` long.
template <class T>
void add_rows(std::int64_t count, const T* scale, std::int64_t step, const T* rows, std::int64_t ld,
              std::int64_t width, T beta, T* __restrict y) {
  if (beta == 0) std::fill_n(y, width, T(0));
  std::int64_t p = 0;
  for (; p + 4 <= count; p += 4) {
    const T s0 = scale[p * step], s1 = scale[(p + 1) * step], s2 = scale[(p + 2) * step],
            s3 = scale[(p + 3) * step];
    const T* __restrict x = rows + p * ld;
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) {
      y[j] += s0 * x[j] + s1 * x[ld + j] + s2 * x[2 * ld + j] + s3 * x[3 * ld + j];
    }
  }
  for (; p < count; ++p) {
    const T s = scale[p * step];
    const T* __restrict x = rows + p * ld;
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) y[j] += s * x[j];
  }
}

/// C[m,n] from A[m,k] and B[k,n], m small: threads take columns.
template <class T>
void times(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, const T* b,
           std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
  parallel_pieces(n, std::max<std::int64_t>(64, kGrain / std::max<std::int64_t>(m * k, 1)),
                  [=](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t r = 0; r < m; ++r) {
                      add_rows(k, a + r * lda, 1, b + begin, ldb, end - begin, beta,
                               c + r * ldc + begin);
                    }
                  });
}

/// C[m,n] from A[k,m] and B[k,n], k small: threads take rows of C.
template <class T>
void transposed_times(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda,
                      const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc) {
  parallel_rows(m, n * k, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      add_rows(k, a + i, lda, b, ldb, n, beta, c + i * ldc);
  });
}

/// Does the product if it is one of few rows by a large matrix; says whether it was.
template <class T>
bool product(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
             T alpha, const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c,
             std::int64_t ldc) {
  constexpr std::int64_t kLarge = 1 << 16;
  if (alpha != 1 || (beta != 0 && beta != 1)) return false;
  if (!transpose_a && transpose_b && m <= kMost && n * k >= kLarge) {
    const auto run = [&](auto rows) {
      times_transposed<rows()>(n, k, a, lda, b, ldb, beta, c, ldc);
      return true;
    };
    switch (m) {
      case 1:
        return run(std::integral_constant<int, 1>{});
      case 2:
        return run(std::integral_constant<int, 2>{});
      case 3:
        return run(std::integral_constant<int, 3>{});
      default:
        return run(std::integral_constant<int, 4>{});
    }
  }
  if (!transpose_a && !transpose_b && m <= kMost && n * k >= kLarge) {
    times(m, n, k, a, lda, b, ldb, beta, c, ldc);
    return true;
  }
  if (transpose_a && !transpose_b && k <= kMost && m * n >= kLarge) {
    transposed_times(m, n, k, a, lda, b, ldb, beta, c, ldc);
    return true;
  }
  return false;
}

}  // namespace tapestry::few_rows
