#include "autograd/threads.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

#include "autograd/error.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/kernels/finite.hpp"
#include "autograd/kernels/parallel.hpp"
#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/storage.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace std::chrono_literals;

TEST_CASE("threads: every piece is done once, for any number of them", "[autograd][threads]") {
  const test::KeepThreads keep;
  for (const int count : {1, 2, 3, 8, 2}) {
    set_threads(count);
    for (const std::int64_t pieces : {0, 1, 2, 7, 1000}) {
      CAPTURE(count, pieces);
      std::vector<std::atomic<int>> done(static_cast<std::size_t>(pieces));
      for (int job = 0; job < 50; ++job) {
        parallel_each(pieces, [&](std::int64_t i) { ++done[static_cast<std::size_t>(i)]; });
      }
      CHECK(std::all_of(done.begin(), done.end(), [](const auto& n) { return n == 50; }));
    }
  }
}

TEST_CASE("threads: no more of them than were asked for", "[autograd][threads]") {
  const test::KeepThreads keep;
  for (const int count : {5, 2, 1}) {  // the helpers of the first job are there for the later ones
    set_threads(count);
    std::mutex mutex;
    std::set<std::thread::id> who;
    for (int job = 0; job < 100; ++job) {
      parallel_each(20, [&](std::int64_t) {
        std::this_thread::sleep_for(20us);
        const std::lock_guard lock(mutex);
        who.insert(std::this_thread::get_id());
      });
    }
    CAPTURE(count);
    CHECK(std::ssize(who) <= count);
  }
}

// What keeps a busy machine from stopping everything: the first piece that a helper takes ends only
// when all others have. With pieces dealt out beforehand it would never end.
TEST_CASE("threads: a paused helper holds up its own piece only", "[autograd][threads]") {
  const test::KeepThreads keep;
  set_threads(2);
  const auto caller = std::this_thread::get_id();
  bool helped = false;
  for (int job = 0; job < 1000 && !helped; ++job) {
    std::atomic<int> done = 0;
    std::atomic<bool> paused = false, gave_up = false;
    parallel_each(8, [&](std::int64_t) {
      if (std::this_thread::get_id() != caller && !paused.exchange(true)) {
        const auto start = std::chrono::steady_clock::now();
        while (done < 7) {
          std::this_thread::sleep_for(100us);
          if (std::chrono::steady_clock::now() - start > 20s) break;
        }
        gave_up = done < 7;
      } else {
        std::this_thread::sleep_for(100us);
      }
      ++done;
    });
    CHECK_FALSE(gave_up);
    CHECK(done == 8);
    helped = paused;
  }
  CHECK(helped);
}

TEST_CASE("threads: a job inside a piece, and a second job at once, are done alone",
          "[autograd][threads]") {
  const test::KeepThreads keep;
  set_threads(3);
  CHECK_FALSE(inside_piece());
  std::atomic<int> inner = 0, inside = 0, strangers = 0;
  parallel_each(10, [&](std::int64_t) {
    inside += inside_piece();
    const auto here = std::this_thread::get_id();
    parallel_each(10, [&](std::int64_t) {
      ++inner;
      strangers += here != std::this_thread::get_id();
    });
  });
  CHECK(inner == 100);
  CHECK(inside == 10);
  CHECK(strangers == 0);
  CHECK_FALSE(inside_piece());

  std::atomic<std::int64_t> total = 0, outside = 0;
  const auto caller = [&] {
    for (int job = 0; job < 500; ++job) {
      parallel_each(9, [&](std::int64_t i) {
        total += i;
        outside += !inside_piece();
      });
    }
  };
  std::thread first(caller), second(caller);
  first.join();
  second.join();
  CHECK(total == 2 * 500 * 36);
  CHECK(outside == 0);
}

TEST_CASE("threads: from 1 to 256", "[autograd]") {
  const test::KeepThreads keep;
  for (const int bad : {0, -1, kMaxThreads + 1}) {
    CHECK_THROWS_AS(set_threads(bad), ConfigError);
  }
  CHECK(test::throws_with<ConfigError>([] { set_threads(0); },
                                       "the number of threads must be between 1 and 256, not 0"));
  set_threads(kMaxThreads);
  CHECK(threads() == kMaxThreads);
}

namespace {

// Loops, sums and products that are cut into pieces.
std::vector<float> work() {
  Rng rng(4);
  const Tensor a = rng.normal({160, 300}), b = rng.normal({300, 500});
  const Tensor y = sum(exp(matmul(a, b) * 0.01), 0);
  const auto values = y.view<float>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("threads: the same bytes beside other busy threads", "[autograd][threads]") {
  const test::KeepThreads keep;
  set_threads(3);
  const std::vector<float> quiet = work();
  std::atomic<bool> stop = false;
  std::vector<std::thread> busy;
  for (int i = 0; i < 4; ++i) {
    busy.emplace_back([&] {
      while (!stop) {}
    });
  }
  int same = 0;
  for (int job = 0; job < 30; ++job) same += work() == quiet;
  stop = true;
  for (std::thread& t : busy) t.join();
  CHECK(same == 30);
}

TEST_CASE("threads: the search for NaN in pieces reads nothing behind its tensor",
          "[autograd][threads]") {
  if (!pool_enabled()) return;  // AddressSanitizer itself watches there
  const test::KeepThreads keep;
  set_threads(3);
  constexpr std::int64_t n =
      (1 << 20) + 1;  // just above a size of the pool, whose next block is a quarter larger
  Tensor x = zeros({n}, DType::f32);
  std::fill_n(x.mutate<float>().data() + n, 1000, std::nanf(""));
  CHECK(all_finite(x));
}

TEST_CASE("threads: a product cut into pieces is the product", "[autograd][blas][threads]") {
  const test::KeepThreads keep;
  Rng rng(5);
  const std::int64_t m = 133, n = 251, k = 97;
  for (const bool tall : {false, true}) {
    const std::int64_t rows = tall ? n : m, columns = tall ? m : n;
    for (const int which : {0, 1, 2, 3}) {
      const bool ta = which & 1, tb = which & 2;
      const Tensor a = rng.normal(ta ? Shape{k, rows} : Shape{rows, k}, DType::f64);
      const Tensor b = rng.normal(tb ? Shape{columns, k} : Shape{k, columns}, DType::f64);
      const Tensor before = rng.normal({rows, columns}, DType::f64);
      const auto product = [&](int count, double beta) {
        set_threads(count);
        Tensor c = before.clone();
        gemm(ta, tb, rows, columns, k, 1.5, a.view<double>().data(), ta ? rows : k,
             b.view<double>().data(), tb ? k : columns, beta, c.mutate<double>().data(), columns);
        return c.to_vector();
      };
      for (const double beta : {0.0, 0.5}) {
        CAPTURE(tall, ta, tb, beta);
        const auto one = product(1, beta), three = product(3, beta);
        double worst = 0;
        for (std::size_t i = 0; i < one.size(); ++i) {
          worst = std::max(worst, std::abs(one[i] - three[i]));
        }
        CHECK(worst < 1e-12);
      }
    }
  }
}

#if defined(__SANITIZE_THREAD__)
#  define TAPESTRY_TSAN
#elif defined(__has_feature)
#  if __has_feature(thread_sanitizer)
#    define TAPESTRY_TSAN
#  endif
#endif
#ifndef TAPESTRY_TSAN  // which refuses threads in a child
TEST_CASE("threads: a child process computes with helpers of its own", "[autograd][threads]") {
  const test::KeepThreads keep;
  set_threads(3);
  const std::vector<float> here = work();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto caller = std::this_thread::get_id();
    std::atomic<bool> helped = false;
    for (int job = 0; job < 1000 && !helped; ++job) {
      parallel_each(20, [&](std::int64_t) {
        std::this_thread::sleep_for(100us);
        if (std::this_thread::get_id() != caller) helped = true;
      });
    }
    _exit(helped && work() == here ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif
