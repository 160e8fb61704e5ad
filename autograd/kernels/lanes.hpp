#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

// Vectors of the compiler, for the few loops that it does not turn into vector code by itself.

namespace tapestry {

/// 64 bytes of T: a register of AVX-512, two of AVX2, four of SSE.
template <class T>
using Lanes [[gnu::vector_size(64)]] = T;
template <class T>
constexpr std::int64_t kLanes = 64 / sizeof(T);

template <class T>
inline void load_lanes(const T* from, Lanes<T>& v) {
  std::memcpy(&v, from, sizeof v);
}
template <class T>
inline void store_lanes(const Lanes<T>& v, T* to) {
  std::memcpy(to, &v, sizeof v);
}

namespace detail {
/// Swaps the right upper and left lower D x D blocks of the rows a and b, which stand D apart.
template <int D, class T, int... I>
inline void swap_blocks(Lanes<T>& a, Lanes<T>& b, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I);
  const Lanes<T> upper = __builtin_shufflevector(a, b, (I & D ? n + I - D : I)...);
  b = __builtin_shufflevector(a, b, (I & D ? n + I : I + D)...);
  a = upper;
}
template <int D, class T>
inline void transpose_blocks(Lanes<T>* rows) {
  constexpr int n = kLanes<T>;
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) {
    if ((i & D) == 0) {
      swap_blocks<D, T>(rows[i], rows[i + D], std::make_integer_sequence<int, n>());
    }
  }
  if constexpr (D > 1) transpose_blocks<D / 2, T>(rows);
}
}  // namespace detail

/// to = the transpose of a square of kLanes x kLanes elements; rows are ld and to_ld apart. Its blocks
/// change places, then the blocks of each block, down to single elements.
template <class T>
inline void transpose_square(const T* from, std::int64_t ld, T* to, std::int64_t to_ld) {
  constexpr int n = kLanes<T>;
  Lanes<T> rows[n];
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) load_lanes<T>(from + i * ld, rows[i]);
  detail::transpose_blocks<n / 2, T>(rows);
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) store_lanes<T>(rows[i], to + i * to_ld);
}

}  // namespace tapestry
