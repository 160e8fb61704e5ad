#include "autograd/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "autograd/error.hpp"

namespace tapestry {
namespace {

int threads_at_start() {
  if (const char* text = std::getenv("OMP_NUM_THREADS")) {
    const int n = std::atoi(text);
    if (n > 0) return std::min(n, kMaxThreads);
  }
  cpu_set_t mine;
  const int n = sched_getaffinity(0, sizeof mine, &mine) == 0 ? CPU_COUNT(&mine) : 1;
  return std::clamp(n, 1, kMaxThreads);
}

std::atomic<int>& thread_count() {
  static std::atomic<int> count = threads_at_start();
  return count;
}

}  // namespace

int threads() { return thread_count().load(std::memory_order_relaxed); }

void set_threads(int count) {
  check<ConfigError>(count >= 1 && count <= kMaxThreads,
                     "set_threads: the number of threads must be between 1 and {}, not {}",
                     kMaxThreads, count);
  thread_count() = count;
}

}  // namespace tapestry
