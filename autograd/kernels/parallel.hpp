#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "autograd/kernels/denormals.hpp"
#include "autograd/kernels/pieces.hpp"
#include "autograd/threads.hpp"

namespace tapestry {

/// Below this many cheap element operations a second thread costs more than it gains.
constexpr std::int64_t kGrain = 16384;

/// A loop is cut into up to so many pieces for each thread: one that began late or was paused does
/// fewer of them.
constexpr std::int64_t kPiecesEach = 2;

/// The number of pieces for n elements when a piece should have `grain` of them or more and each
/// thread at most `each`: it follows from these and threads(), never from which threads are idle.
inline std::int64_t count_pieces(std::int64_t n, std::int64_t grain,
                                 std::int64_t each = kPiecesEach) {
  if (n < 2 * grain) return n > 0 ? 1 : 0;
  const std::int64_t most = threads() == 1 || inside_piece() ? 1 : each * threads();
  return std::min<std::int64_t>(n / grain, most);
}

/// Calls fn(i) for every i in [0, count), on all threads. fn must not throw.
template <class Fn>
void parallel_each(std::int64_t count, Fn&& fn) {
  if (count <= 1) {
    const FlushDenormals flush;
    if (count == 1) fn(std::int64_t{0});
    return;
  }
  using Job = std::remove_reference_t<Fn>;
  run_pieces(
      count, [](const void* job, std::int64_t i) { (*static_cast<const Job*>(job))(i); }, &fn);
}

/// Calls fn(begin, end) on pieces that cover [0, n), cut at multiples of 64 so that threads share no
/// cache line; a single piece when there is less work than two grains. fn must give the same result
/// wherever the cuts fall, and must not throw.
template <class Fn>
void parallel_pieces(std::int64_t n, std::int64_t grain, Fn&& fn) {
  const std::int64_t pieces = count_pieces(n, grain);
  parallel_each(pieces, [&, n, pieces](std::int64_t i) {
    const auto cut = [=](std::int64_t k) {
      return k == 0 ? 0 : k == pieces ? n : n * k / pieces / 64 * 64;
    };
    if (cut(i) < cut(i + 1)) fn(cut(i), cut(i + 1));
  });
}

/// The same over rows of `width` elements each, cut between rows.
template <class Fn>
void parallel_rows(std::int64_t rows, std::int64_t width, Fn&& fn) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(width, 1));
  const std::int64_t pieces = count_pieces(rows, grain);
  parallel_each(pieces, [&, rows, pieces](std::int64_t i) {
    fn(rows * i / pieces, rows * (i + 1) / pieces);
  });
}

}  // namespace tapestry
