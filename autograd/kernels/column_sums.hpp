#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace tapestry {

/// sums[j] += the sum of term(r, j) over rows r, for columns j in [begin, end). Sixteen rows at a time
/// are added up in T, and these runs in double: the error stays near one rounding however many rows
/// there are, where a plain sum in f32 loses a digit with every tenfold. `term` may also store its
/// value; it is called once for every (r, j).
template <class T, class Term>
void add_column_sums(std::int64_t rows, std::int64_t begin, std::int64_t end, T* sums, Term term) {
  constexpr std::int64_t kRun = 16, kTogether = 2, kTile = 1024;
  std::array<T, kTile> run_sums;
  std::array<double, kTile> total_sums;
  T* __restrict run = run_sums.data();
  double* __restrict total = total_sums.data();
  for (; begin < end; begin += kTile) {
    const std::int64_t width = std::min(kTile, end - begin);
    std::fill_n(total, width, 0.0);
    for (std::int64_t first = 0; first < rows; first += kRun) {
      const std::int64_t last = std::min(rows, first + kRun);
      std::fill_n(run, width, T(0));
      std::int64_t r = first;
      for (; r + kTogether <= last; r += kTogether) {
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
          const std::int64_t j = begin + i;
          run[i] += term(r, j) + term(r + 1, j);
        }
      }
      for (; r < last; ++r) {
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) run[i] += term(r, begin + i);
      }
#pragma omp simd
      for (std::int64_t i = 0; i < width; ++i) total[i] += static_cast<double>(run[i]);
    }
    for (std::int64_t i = 0; i < width; ++i)
      sums[begin + i] = static_cast<T>(static_cast<double>(sums[begin + i]) + total[i]);
  }
}

}  // namespace tapestry
