#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry {

/// Philox 4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
/// 1, 2, 3, SC 2011): a keyed bijection of counters, so number n can be had without the n-1 before
/// it.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// A stream of random numbers: key = seed, counter = (element, draw, stream).
///
/// Every draw is a pure function of (seed, stream, number of the draw, element): the same bits for
/// any thread count, and any draw can be reproduced from the `State` before it. There is no global
/// generator. Numbers are 24-bit floats, widened for f64, so a run in f64 has the same noise; normals
/// end near 5.8 standard deviations. A stream has 2^32 draws of up to 2^34 numbers, then repeats.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  /// An independent stream by name: `rng.stream("shuffle")`. Streams of streams work.
  Rng stream(std::string_view name) const;

  Tensor uniform(const Shape& shape, DType dtype = default_dtype());  ///< in (0, 1), never 0 or 1
  Tensor normal(const Shape& shape, DType dtype = default_dtype());   ///< N(0, 1), Box-Muller
  double uniform();
  double normal();
  std::int64_t below(std::int64_t n);                     ///< uniform over 0..n-1; n >= 1
  std::vector<std::int32_t> permutation(std::int64_t n);  ///< Fisher-Yates
  /// Writes 32 random bits per element to `out`, as one draw: for loops that use the bits themselves.
  void bits(std::span<std::uint32_t> out);

  struct State {
    std::uint64_t seed = 0, stream = 0, draw = 0;
    friend bool operator==(const State&, const State&) = default;
  };
  State state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  State state_;
};

}  // namespace tapestry
