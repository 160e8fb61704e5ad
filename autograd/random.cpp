#include "autograd/random.hpp"

#include <cmath>
#include <numeric>
#include <utility>

#include "autograd/kernels/math.hpp"
#include "autograd/kernels/parallel.hpp"

namespace tapestry {
namespace {

using Word = std::uint32_t;
struct Block {
  Word w0, w1, w2, w3;
};

// Ten rounds, each: two 32x32 -> 64 bit products, crossed over and mixed with a key that grows by
// constants (the golden ratio and sqrt(3) - 1 as 32-bit fractions).
inline Block philox(Block c, Word k0, Word k1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c.w0;
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c.w2;
    c = {static_cast<Word>(p1 >> 32) ^ c.w1 ^ k0, static_cast<Word>(p1),
         static_cast<Word>(p0 >> 32) ^ c.w3 ^ k1, static_cast<Word>(p0)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

inline Block block_at(const Rng::State& s, std::int64_t i) {
  const Block counter{static_cast<Word>(i), static_cast<Word>(s.draw), static_cast<Word>(s.stream),
                      static_cast<Word>(s.stream >> 32)};
  return philox(counter, static_cast<Word>(s.seed), static_cast<Word>(s.seed >> 32));
}

// (2k + 1) / 2^24 for k in [0, 2^23): strictly inside (0, 1), exact in float.
inline float to_uniform(Word bits) {
  return (static_cast<float>(static_cast<std::int32_t>(bits >> 9)) + 0.5f) * 0x1p-23f;
}

// Fills out[0, n) with the words of blocks 0, 1, 2, ... as `convert` turns each block into four
// values. Lanes of blocks are computed side by side; only the last, partial lane needs a second
// buffer.
template <class T, class Convert>
void fill(const Rng::State& state, T* out, std::int64_t n, Convert convert) {
  constexpr std::int64_t kLanes = 16, kGroup = 4 * kLanes;
  parallel_rows((n + kGroup - 1) / kGroup, 4 * kGroup, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; ++group) {
      alignas(64) T lane[4][kLanes];
#pragma omp simd
      for (std::int64_t i = 0; i < kLanes; ++i) {
        const Block b = block_at(state, group * kLanes + i);
        convert(b, lane[0][i], lane[1][i], lane[2][i], lane[3][i]);
      }
      const std::int64_t from = group * kGroup, count = std::min(kGroup, n - from);
      for (std::int64_t i = 0; i < count; ++i) out[from + i] = lane[i % 4][i / 4];
    }
  });
}

template <class T>
void fill_uniform(const Rng::State& state, T* out, std::int64_t n) {
  fill(state, out, n, [](Block b, T& a, T& c, T& d, T& e) {
    a = to_uniform(b.w0);
    c = to_uniform(b.w1);
    d = to_uniform(b.w2);
    e = to_uniform(b.w3);
  });
}

// Box-Muller: a radius from one uniform, a direction from the next, two normals.
template <class T>
void fill_normal(const Rng::State& state, T* out, std::int64_t n) {
  fill(state, out, n, [](Block b, T& a, T& c, T& d, T& e) {
    const float r0 = std::sqrt(-2.0f * math::log(to_uniform(b.w0)));
    const float r1 = std::sqrt(-2.0f * math::log(to_uniform(b.w2)));
    const math::SinCos t0 = math::sincos_turns(to_uniform(b.w1)),
                       t1 = math::sincos_turns(to_uniform(b.w3));
    a = r0 * t0.cos;
    c = r0 * t0.sin;
    d = r1 * t1.cos;
    e = r1 * t1.sin;
  });
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  const Block b = philox({counter[0], counter[1], counter[2], counter[3]}, key[0], key[1]);
  return {b.w0, b.w1, b.w2, b.w3};
}

Rng::Rng(std::uint64_t seed) : state_{seed, 0, 0} {}

// FNV-1a over the name, started from the parent's stream: names of names give new streams.
Rng Rng::stream(std::string_view name) const {
  std::uint64_t hash = 0xcbf29ce484222325u ^ (state_.stream * 0x100000001b3u);
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  Rng child(state_.seed);
  child.state_.stream = hash;
  return child;
}

void Rng::bits(std::span<std::uint32_t> out) {
  fill(state_, out.data(), static_cast<std::int64_t>(out.size()),
       [](Block b, Word& a, Word& c, Word& d, Word& e) {
         a = b.w0;
         c = b.w1;
         d = b.w2;
         e = b.w3;
       });
  ++state_.draw;
}

Tensor Rng::uniform(const Shape& shape, DType dtype) {
  Tensor t = Tensor::empty(shape, dtype);
  dispatch(dtype, [&]<class T>(T) { fill_uniform(state_, t.mutate<T>().data(), t.size()); });
  ++state_.draw;
  return t;
}

Tensor Rng::normal(const Shape& shape, DType dtype) {
  Tensor t = Tensor::empty(shape, dtype);
  dispatch(dtype, [&]<class T>(T) { fill_normal(state_, t.mutate<T>().data(), t.size()); });
  ++state_.draw;
  return t;
}

double Rng::uniform() {
  float u = 0;
  fill_uniform(state_, &u, 1);
  ++state_.draw;
  return static_cast<double>(u);
}

double Rng::normal() {
  float z = 0;
  fill_normal(state_, &z, 1);
  ++state_.draw;
  return static_cast<double>(z);
}

namespace {
// floor(n * r / 2^64) for 64 random bits r: the bias is below n / 2^64.
std::int64_t scale_to(std::int64_t n, Word high, Word low) {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t r = (std::uint64_t{high} << 32) | low;
  return static_cast<std::int64_t>(
      static_cast<std::uint64_t>((Wide{r} * static_cast<std::uint64_t>(n)) >> 64));
}
}  // namespace

std::int64_t Rng::below(std::int64_t n) {
  check<DomainError>(n >= 1, "below({}): the range 0..n-1 is empty", n);
  const Block b = block_at(state_, 0);
  ++state_.draw;
  return scale_to(n, b.w0, b.w1);
}

std::vector<std::int32_t> Rng::permutation(std::int64_t n) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i) {
    const Block b = block_at(state_, i);
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(scale_to(i + 1, b.w0, b.w1))]);
  }
  ++state_.draw;
  return order;
}

}  // namespace tapestry
