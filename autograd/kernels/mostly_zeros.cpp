#include "autograd/kernels/mostly_zeros.hpp"

#include <algorithm>
#include <bit>

#include "autograd/kernels/lanes.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/storage.hpp"

namespace tapestry::mostly_zeros {
namespace {

/// So many rows of the minibatch are done at a time: kSums columns of them fit the level-1 cache.
constexpr std::int64_t kRows = 128;
/// So many sums stay in registers; as many columns of a large weight fit the level-2 cache.
constexpr std::int64_t kSums = 64;

/// A value that is not 0 and its place in a row or in a column.
template <class T>
struct Entry {
  std::int32_t at;
  T value;
};

// ---- Finding what is not 0 ----

/// Whether at most 1 / `part` of a matrix is not 0.
template <class T>
bool few_nonzeros(std::int64_t rows, std::int64_t columns, const T* x, std::int64_t ld,
                  std::int64_t part) {
  std::int64_t count = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* row = x + r * ld;
    std::int32_t in_row = 0;
#pragma omp simd reduction(+ : in_row)
    for (std::int64_t i = 0; i < columns; ++i) in_row += row[i] != 0;
    count += in_row;
  }
  return part * count <= rows * columns;
}

/// Bit i says whether x[i] is not 0; N is a multiple of 8.
template <int N, class T>
std::uint64_t bits_of_nonzeros(const T* x) {
  std::uint8_t flags[N];
#pragma omp simd
  for (int i = 0; i < N; ++i) flags[i] = x[i] != 0;
  std::uint64_t bits = 0;
  for (int i = 0; i < N; i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, flags + i, 8);
    bits |= (eight * 0x0102'0408'1020'4080 >> 56) << i;  // flag k of the eight becomes bit k
  }
  return bits;
}

/// Calls f(i) for each i in [0, n) with x[i] != 0.
template <class T, class F>
void for_each_nonzero(const T* x, std::int64_t n, F f) {
  constexpr int kTogether = kLanes<T>;
  std::int64_t i = 0;
  for (; i + kTogether <= n; i += kTogether) {
    std::uint64_t bits = bits_of_nonzeros<kTogether>(x + i);
    for (; bits != 0; bits &= bits - 1) f(i + std::countr_zero(bits));
  }
  for (; i < n; ++i) {
    if (x[i] != 0) f(i);
  }
}

// ---- Adding up rows ----

/// sums[0, N kLanes) = or += the rows of m that the list names, times its values.
template <bool kAdd, int N, class T>
inline void sum_lanes(const Entry<T>* list, std::int64_t count, const T* m, std::int64_t ld,
                      T* sums) {
  Lanes<T> total[N] = {}, row;
  if constexpr (kAdd) {
#pragma GCC unroll 8
    for (int k = 0; k < N; ++k) load_lanes<T>(sums + k * kLanes<T>, total[k]);
  }
  for (std::int64_t e = 0; e < count; ++e) {
#pragma GCC unroll 8
    for (int k = 0; k < N; ++k) {
      load_lanes<T>(m + list[e].at * ld + k * kLanes<T>, row);
      total[k] += row * list[e].value;
    }
  }
#pragma GCC unroll 8
  for (int k = 0; k < N; ++k) store_lanes<T>(total[k], sums + k * kLanes<T>);
}

/// The same for any width up to kSums.
template <bool kAdd, class T>
void sum_rows(const Entry<T>* list, std::int64_t count, const T* m, std::int64_t ld,
              std::int64_t width, T* sums) {
  if (width == kSums) return sum_lanes<kAdd, kSums / kLanes<T>>(list, count, m, ld, sums);
  std::int64_t j = 0;
  for (; j + kLanes<T> <= width; j += kLanes<T>) {
    sum_lanes<kAdd, 1>(list, count, m + j, ld, sums + j);
  }
  for (; j < width; ++j) {
    T sum = kAdd ? sums[j] : T(0);
    for (std::int64_t e = 0; e < count; ++e) sum += m[list[e].at * ld + j] * list[e].value;
    sums[j] = sum;
  }
}

// ---- C = beta C + X W^T: row r of C is the sum of the columns of W where row r of X is not 0 ----

/// t[columns, rows] = the transpose of m[rows, columns].
template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* m, std::int64_t ld, T* t) {
  constexpr std::int64_t n = kLanes<T>;
  parallel_rows((columns + n - 1) / n, rows * n, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = 0; i < rows; i += n) {
      for (std::int64_t j = begin * n; j < std::min(columns, end * n); j += n) {
        if (i + n <= rows && j + n <= columns) {
          transpose_square(m + i * ld + j, ld, t + j * rows + i, rows);
          continue;
        }
        for (std::int64_t r = i; r < std::min(rows, i + n); ++r) {
          for (std::int64_t c = j; c < std::min(columns, j + n); ++c)
            t[c * rows + r] = m[r * ld + c];
        }
      }
    }
  });
}

/// What is in rows [begin, end) of at most kRows; w is W^T, lists has room for all of X.
template <class T>
void multiply_rows(const Product<T>& p, const T* w, Entry<T>* lists, std::int64_t begin,
                   std::int64_t end) {
  std::int64_t counts[kRows];
  for (std::int64_t r = begin; r < end; ++r) {
    const T* x = p.a + r * p.lda;
    T* c = p.c + r * p.ldc;
    Entry<T>* const list = lists + r * p.k;
    counts[r] = 0;
    for_each_nonzero(x, p.k, [&](std::int64_t i) {
      list[counts[r]++] = {static_cast<std::int32_t>(i), x[i]};
    });
    if (p.beta == 1) continue;
    for (std::int64_t j = 0; j < p.n; ++j) c[j] = p.beta == 0 ? T(0) : p.beta * c[j];
  }
  for (std::int64_t j = 0; j < p.n; j += kSums) {
    const std::int64_t width = std::min(kSums, p.n - j);
    for (std::int64_t r = begin; r < end; ++r) {
      sum_rows<true>(lists + r * p.k, counts[r], w + j, p.n, width, p.c + r * p.ldc + j);
    }
  }
}

template <class T>
void multiply_by_transposed(const Product<T>& p) {
  const std::int64_t most = std::min(kRows, p.m);
  const Storage turned(static_cast<std::size_t>(p.n * p.k) * sizeof(T));
  const Storage listed(static_cast<std::size_t>(most * p.k) * sizeof(Entry<T>));
  T* const w = static_cast<T*>(turned.data());
  transpose(p.n, p.k, p.b, p.ldb, w);
  for (std::int64_t first = 0; first < p.m; first += kRows) {
    const Product<T> part = p.rows(first, std::min(kRows, p.m - first));
    parallel_rows(part.m, p.n * p.k / 4, [&](std::int64_t begin, std::int64_t end) {
      multiply_rows(part, w, static_cast<Entry<T>*>(listed.data()), begin, end);
    });
  }
}

// ---- C = beta C + D^T X: column i of C is the sum of the rows of D where column i of X is not 0 ----

/// The non-zeros of up to kRows rows and kLanes columns of X, a list for each column.
template <class T>
struct ColumnLists {
  void fill(std::int64_t rows, std::int64_t columns, const T* x, std::int64_t ld) {
    std::fill_n(counts, kLanes<T>, 0);
    for (std::int64_t r = 0; r < rows; ++r) {
      for_each_nonzero(x + r * ld, columns, [&](std::int64_t i) {
        lists[i][counts[i]++] = {static_cast<std::int32_t>(r), x[r * ld + i]};
      });
    }
  }
  Entry<T> lists[kLanes<T>][kRows];
  std::int64_t counts[kLanes<T>];
};

/// C[rows, columns] = beta C + the transpose of sums[kLanes, kSums].
template <class T>
void add_transposed(const T* sums, std::int64_t rows, std::int64_t columns, T beta, T* c,
                    std::int64_t ldc) {
  constexpr std::int64_t n = kLanes<T>;
  alignas(64) T square[n * n];
  for (std::int64_t first = 0; first < rows; first += n) {
    const std::int64_t last = std::min(rows, first + n);
    if (beta == 0 && last == first + n && columns == n) {
      transpose_square(sums + first, kSums, c + first * ldc, ldc);
      continue;
    }
    transpose_square(sums + first, kSums, square, n);
    for (std::int64_t r = first; r < last; ++r) {
      T* row = c + r * ldc;
      const T* added = square + (r - first) * n;
      for (std::int64_t i = 0; i < columns; ++i) {
        row[i] = (beta == 0 ? T(0) : beta * row[i]) + added[i];
      }
    }
  }
}

template <class T>
void multiply_transposed(const Product<T>& p) {
  constexpr std::int64_t n = kLanes<T>;
  parallel_rows((p.n + n - 1) / n, p.m * p.k * n / 4, [&](std::int64_t begin, std::int64_t end) {
    ColumnLists<T> lists;
    alignas(64) T sums[n * kSums] = {};
    for (std::int64_t i = begin * n; i < std::min(p.n, end * n); i += n) {
      const std::int64_t columns = std::min(n, p.n - i);
      for (std::int64_t first = 0; first < p.k; first += kRows) {
        lists.fill(std::min(kRows, p.k - first), columns, p.b + first * p.ldb + i, p.ldb);
        for (std::int64_t j = 0; j < p.m; j += kSums) {
          const std::int64_t width = std::min(kSums, p.m - j);
          for (std::int64_t l = 0; l < columns; ++l) {
            sum_rows<false>(lists.lists[l], lists.counts[l], p.a + first * p.lda + j, p.lda, width,
                            sums + l * kSums);
          }
          add_transposed(sums, width, columns, first == 0 ? p.beta : T(1), p.c + j * p.ldc + i,
                         p.ldc);
        }
      }
    }
  });
}

template <class T>
bool multiply_if_few(const Product<T>& p) {
  constexpr std::int64_t kLeast = 64, kWork = 1 << 22;  // 30 us of OpenBLAS
  if (p.alpha != 1 || p.transpose_a == p.transpose_b) return false;
  if (std::min({p.m, p.n, p.k}) < kLeast || p.m * p.n * p.k < kWork) return false;
  const T* x = p.transpose_a ? p.b : p.a;
  const std::int64_t ld = p.transpose_a ? p.ldb : p.lda, rows = p.transpose_a ? p.k : p.m,
                     columns = p.transpose_a ? p.n : p.k;
  // Four rows tell most matrices apart in a fraction of a microsecond, sixteen the rest.
  if (!few_nonzeros(4, columns, x, rows / 4 * ld, 3)) return false;
  if (!few_nonzeros(16, columns, x, rows / 16 * ld, 4)) return false;
  p.transpose_a ? multiply_transposed(p) : multiply_by_transposed(p);
  return true;
}

}  // namespace

bool product(const Product<float>& p) { return multiply_if_few(p); }
bool product(const Product<double>& p) { return multiply_if_few(p); }

}  // namespace tapestry::mostly_zeros
