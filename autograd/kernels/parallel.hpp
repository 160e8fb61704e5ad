#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace tapestry {

/// Below this many cheap element operations a second thread costs more than it brings.
constexpr std::int64_t kGrain = 16384;

/// Calls fn(begin, end) on pieces that cover [0, n): one piece per thread, cut at multiples of 64
/// so that threads share no cache line; a single piece when there is less work than two grains. fn
/// must give the same result wherever the cuts fall, and must not throw.
template <class Fn>
void parallel_pieces(std::int64_t n, std::int64_t grain, Fn&& fn) {
  const int threads = static_cast<int>(std::min<std::int64_t>(omp_get_max_threads(), n / grain));
  if (threads <= 1 || omp_in_parallel()) {
    if (n > 0) fn(std::int64_t{0}, n);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t i = omp_get_thread_num(), k = omp_get_num_threads();
    const auto cut = [&](std::int64_t part) { return part == k ? n : n * part / k / 64 * 64; };
    if (cut(i) < cut(i + 1)) fn(cut(i), cut(i + 1));
  }
}

/// The same over rows of `width` elements each, cut between rows.
template <class Fn>
void parallel_rows(std::int64_t rows, std::int64_t width, Fn&& fn) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(width, 1));
  const int threads = static_cast<int>(std::min<std::int64_t>(omp_get_max_threads(), rows / grain));
  if (threads <= 1 || omp_in_parallel()) {
    if (rows > 0) fn(std::int64_t{0}, rows);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t i = omp_get_thread_num(), k = omp_get_num_threads();
    if (rows * i / k < rows * (i + 1) / k) fn(rows * i / k, rows * (i + 1) / k);
  }
}

}  // namespace tapestry
