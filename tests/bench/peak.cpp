#include "peak.hpp"

#include <cblas.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "measure.hpp"
#include "threads.hpp"

namespace tapestry::bench {
namespace {

constexpr int kAttempts = 5;

// The loop of all instruction sets. A multiply-add waits about 4 cycles for its result and two begin in
// each cycle, so there must be more than 8 independent chains; 12 fit 16 registers.
constexpr int kChains = 12;
constexpr std::int64_t kRounds = 1'000'000;

template <int Floats>
struct Register {
  using Lanes [[gnu::vector_size(4 * Floats)]] = float;
};

template <int Floats>
[[gnu::always_inline]] inline float multiply_add() {
  using Lanes = typename Register<Floats>::Lanes;
  Lanes x[kChains];
  // No two alike, or one would do for all, and none where it stays.
  for (int i = 0; i < kChains; ++i) x[i] = Lanes{} + static_cast<float>(i + 2);
  const Lanes factor = Lanes{} + 0.999f, term = Lanes{} + 0.001f;  // x goes to 1
  for (std::int64_t round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) x[i] = x[i] * factor + term;
  }
  float sum = 0;
  for (const Lanes& lanes : x) sum += lanes[0];
  return sum;
}

__attribute__((target("avx512f"))) float multiply_add_avx512() { return multiply_add<16>(); }
__attribute__((target("avx2,fma"))) float multiply_add_avx2() { return multiply_add<8>(); }
float multiply_add_sse2() { return multiply_add<4>(); }

struct InstructionSet {
  const char* name;
  int floats;  ///< in a register
  float (*multiply_add)();
};

InstructionSet widest() {
  if (__builtin_cpu_supports("avx512f")) return {"AVX-512", 16, multiply_add_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {"AVX2", 8, multiply_add_avx2};
  return {"SSE2", 4, multiply_add_sse2};
}

// Seconds until `work(i)` is done for all i < threads, each on a thread of its own; the least of a few
// attempts. The library's threads are left out of it: this is about the chip.
double best_seconds(int threads, const std::function<void(int)>& work) {
  double best = INFINITY;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    double begin = 0;
    std::barrier start(threads, [&begin]() noexcept { begin = seconds_now(); });
    std::vector<std::thread> helpers;
    for (int i = 0; i < threads; ++i) {
      helpers.emplace_back([&, i] {
        start.arrive_and_wait();
        work(i);
      });
    }
    for (std::thread& helper : helpers) helper.join();
    best = std::min(best, seconds_now() - begin);
  }
  return best;
}

double multiply_add_gflops(int threads) {
  const InstructionSet set = widest();
  std::vector<float> sums(static_cast<std::size_t>(threads));  // used, so that nothing is left out
  const double seconds =
      best_seconds(threads, [&](int i) { sums[static_cast<std::size_t>(i)] = set.multiply_add(); });
  return 1e-9 * 2 * kChains * kRounds * set.floats * threads / seconds;
}

double copy_gb(int threads) {
  constexpr std::size_t kFloats = 32 << 20;  // 128 MiB: more than a level-3 cache
  const std::vector<float> from(kFloats, 1);
  std::vector<float> to(kFloats);
  const auto n = static_cast<std::size_t>(threads);
  const double seconds = best_seconds(threads, [&](int i) {
    const auto piece = static_cast<std::size_t>(i);
    const auto begin = static_cast<std::ptrdiff_t>(kFloats * piece / n);
    const auto end = static_cast<std::ptrdiff_t>(kFloats * (piece + 1) / n);
    std::copy(from.begin() + begin, from.begin() + end, to.begin() + begin);
  });
  return 1e-9 * 2 * sizeof(float) * kFloats / seconds;
}

double blas_gflops(int threads) {
  constexpr int n = 1024;
  const std::vector<float> a(n * n, 0.01f);
  std::vector<float> c(n * n);
  use_threads(threads);
  double best = INFINITY;
  for (int attempt = 0; attempt <= kAttempts; ++attempt) {
    const double begin = seconds_now();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, n, 1.0f, a.data(), n, a.data(), n,
                0.0f, c.data(), n);
    best = std::min(best, seconds_now() - begin);
  }
  return 1e-9 * 2 * n * n * n / best;
}

}  // namespace

Peak measure_peak(int threads) {
  return {.threads = threads,
          .gflops = multiply_add_gflops(threads),
          .blas_gflops = blas_gflops(threads),
          .copy_gb = copy_gb(threads)};
}

const char* instruction_set() { return widest().name; }

const char* openblas_core() { return openblas_get_corename(); }

}  // namespace tapestry::bench
