#pragma once

#include <algorithm>
#include <cstdint>

namespace tapestry {

/// The sum of term(0), ..., term(n - 1). Runs of 256 terms are added up in T, and these in double: the
/// error stays near one rounding however many terms there are (see column_sums.hpp).
template <class T, class Term>
T add_runs(std::int64_t n, Term term) {
  constexpr std::int64_t kRun = 256;
  double total = 0;
  for (std::int64_t at = 0; at < n; at += kRun) {
    const std::int64_t end = std::min(n, at + kRun);
    T run = 0;
#pragma omp simd reduction(+ : run)
    for (std::int64_t i = at; i < end; ++i) run += term(i);
    total += static_cast<double>(run);
  }
  return static_cast<T>(total);
}

}  // namespace tapestry
