#include "autograd/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "autograd/kernels/math.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/row_window.hpp"

namespace tapestry {
namespace {

using Word = std::uint32_t;
// N counters side by side, word by word: the layout in which a loop over them becomes vector code.
template <int N>
struct Blocks {
  alignas(N == 1 ? alignof(Word) : 64) Word w[4][N];
};

// Ten rounds, each: two 32x32 -> 64 bit products, crossed over and mixed with a key that grows by
// constants (the golden ratio and sqrt(3) - 1 as 32-bit fractions).
template <int N>
inline void philox(Blocks<N>& c, Word k0, Word k1) {
  for (int round = 0; round < 10; ++round) {
#pragma omp simd
    for (int i = 0; i < N; ++i) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c.w[0][i];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c.w[2][i];
      c.w[0][i] = static_cast<Word>(p1 >> 32) ^ c.w[1][i] ^ k0;
      c.w[1][i] = static_cast<Word>(p1);
      c.w[2][i] = static_cast<Word>(p0 >> 32) ^ c.w[3][i] ^ k1;
      c.w[3][i] = static_cast<Word>(p0);
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

// Blocks number first, first + 1, ... of the draw.
template <int N>
inline Blocks<N> blocks_at(const Rng::State& s, std::int64_t first) {
  Blocks<N> c;
  for (int i = 0; i < N; ++i) {
    c.w[0][i] = static_cast<Word>(first + i);
    c.w[1][i] = static_cast<Word>(s.draw);
    c.w[2][i] = static_cast<Word>(s.stream);
    c.w[3][i] = static_cast<Word>(s.stream >> 32);
  }
  philox(c, static_cast<Word>(s.seed), static_cast<Word>(s.seed >> 32));
  return c;
}

// (2k + 1) / 2^24 for k in [0, 2^23): strictly inside (0, 1), exact in float.
inline float to_uniform(Word bits) {
  return (static_cast<float>(static_cast<std::int32_t>(bits >> 9)) + 0.5f) * 0x1p-23f;
}

constexpr int kLanes = 16;  // blocks at a time: one or two vector registers for each word
constexpr int kGroup = 4 * kLanes;

// Fills out[0, n) from blocks 0, 1, 2, ...: `convert` turns a group of them into four values each.
template <class T, class Convert>
void fill(const Rng::State& state, T* out, std::int64_t n, Convert convert) {
  parallel_rows((n + kGroup - 1) / kGroup, 4 * kGroup, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; ++group) {
      alignas(64) T values[4][kLanes];
      alignas(64) T in_order[kGroup];
      convert(blocks_at<kLanes>(state, group * kLanes), values);
      for (int i = 0; i < kLanes; ++i) {
        for (int word = 0; word < 4; ++word) in_order[4 * i + word] = values[word][i];
      }
      const std::int64_t from = group * kGroup;
      std::copy_n(in_order, std::min<std::int64_t>(kGroup, n - from), out + from);
    }
  });
}

template <class T>
void fill_uniform(const Rng::State& state, T* out, std::int64_t n) {
  fill(state, out, n, [](const Blocks<kLanes>& b, T(&u)[4][kLanes]) {
    for (int word = 0; word < 4; ++word) {
      for (int i = 0; i < kLanes; ++i) u[word][i] = to_uniform(b.w[word][i]);
    }
  });
}

// Box-Muller: a radius from one uniform, a direction from the next, two normals.
template <class T>
void fill_normal(const Rng::State& state, T* out, std::int64_t n) {
  fill(state, out, n, [](const Blocks<kLanes>& b, T(&z)[4][kLanes]) {
    for (int word = 0; word < 4; word += 2) {
      for (int i = 0; i < kLanes; ++i) {
        const float radius = std::sqrt(-2.0f * math::log(to_uniform(b.w[word][i])));
        const math::SinCos turn = math::sincos_turns(to_uniform(b.w[word + 1][i]));
        z[word][i] = radius * turn.cos;
        z[word + 1][i] = radius * turn.sin;
      }
    }
  });
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  Blocks<1> b{{{counter[0]}, {counter[1]}, {counter[2]}, {counter[3]}}};
  philox(b, key[0], key[1]);
  return {b.w[0][0], b.w[1][0], b.w[2][0], b.w[3][0]};
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
       [](const Blocks<kLanes>& b, Word(&words)[4][kLanes]) {
         std::memcpy(words, b.w, sizeof(b.w));
       });
  ++state_.draw;
}

namespace {

// The rows of the window out of the draw for all rows; `axis` is theirs.
template <class T>
void take_rows(const Tensor& all, const RowWindow& window, int axis, Tensor& rows) {
  const std::int64_t inner = all.shape().size(axis + 1, all.rank());
  const std::int64_t outer = all.shape().size(0, axis);
  const T* from = all.view<T>().data() + window.first * inner;
  T* to = rows.mutate<T>().data();
  for (std::int64_t i = 0; i < outer; ++i)
    std::copy_n(from + i * window.all * inner, window.count * inner, to + i * window.count * inner);
}

// A draw of this shape; with a RowWindow the part of the draw for all rows. `write` fills n numbers.
template <class Write>
Tensor draw(const Shape& shape, DType dtype, Write write) {
  Tensor t = Tensor::empty(shape, dtype);
  const RowWindow* window = RowWindow::active();
  const int axis = window ? window->axis(shape) : -1;
  dispatch(dtype, [&]<class T>(T) {
    if (axis < 0) return write(t.mutate<T>().data(), t.size());
    Tensor all = Tensor::empty(shape.with(axis, window->all), dtype);
    write(all.mutate<T>().data(), all.size());
    take_rows<T>(all, *window, axis, t);
  });
  return t;
}

}  // namespace

Tensor Rng::uniform(const Shape& shape, DType dtype) {
  Tensor t = draw(shape, dtype, [&](auto* out, std::int64_t n) { fill_uniform(state_, out, n); });
  ++state_.draw;
  return t;
}

Tensor Rng::normal(const Shape& shape, DType dtype) {
  Tensor t = draw(shape, dtype, [&](auto* out, std::int64_t n) { fill_normal(state_, out, n); });
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
  const Blocks<1> b = blocks_at<1>(state_, 0);
  ++state_.draw;
  return scale_to(n, b.w[0][0], b.w[1][0]);
}

std::vector<std::int32_t> Rng::permutation(std::int64_t n) {
  check<DomainError>(n >= 0 && n <= std::numeric_limits<std::int32_t>::max(),
                     "permutation({}): the numbers 0..n-1 are int32", n);
  std::vector<std::int32_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i) {
    const Blocks<1> b = blocks_at<1>(state_, i);
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(scale_to(i + 1, b.w[0][0], b.w[1][0]))]);
  }
  ++state_.draw;
  return order;
}

}  // namespace tapestry
