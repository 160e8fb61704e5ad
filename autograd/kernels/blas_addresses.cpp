#include "autograd/kernels/blas_addresses.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tapestry {
namespace {

// For one thread on x86-64: OpenBLAS's, one at the start and one at the first product; malloc's.
constexpr std::size_t kBuffers = std::size_t{2 * 128} << 20, kArena = std::size_t{64} << 20;

/// getenv, which finds nothing yet.
const char* value_of(const char* name, char** environment) {
  const std::size_t n = std::strlen(name);
  for (; *environment; ++environment)
    if (std::strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
      return *environment + n + 1;
  return nullptr;
}

long threads_of_blas(bool on_openmp, char** environment) {
  cpu_set_t processors;
  const long most =
      sched_getaffinity(0, sizeof processors, &processors) ? 1 : CPU_COUNT(&processors);
  const char* text = on_openmp ? nullptr : value_of("OPENBLAS_NUM_THREADS", environment);
  if (!text) text = value_of("OMP_NUM_THREADS", environment);
  const long wanted = text ? std::atol(text) : 0;
  return wanted > 0 ? std::min(wanted, most) : most;
}

}  // namespace

void expect_addresses_for_blas(bool has_threads, bool on_openmp, char** environment) {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY) return;
  const long threads = has_threads ? threads_of_blas(on_openmp, environment) : 1;
  const auto n = static_cast<std::size_t>(threads);
  const std::size_t bytes = kBuffers * n + kArena * (n - 1);
  void* buffers = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (buffers != MAP_FAILED) {
    munmap(buffers, bytes);
    return;
  }
  dprintf(
      STDERR_FILENO,
      "tapestry: the limit of %llu MB on memory (ulimit -v) is too low: OpenBLAS takes 256 MB of "
      "addresses for each of its threads (%ld), and waits for them for ever\n"
      "    hint: raise the limit%s\n",
      static_cast<unsigned long long>(limit.rlim_cur >> 20), threads,
      threads > 1 ? ", or set OMP_NUM_THREADS=1" : "");
  _exit(1);
}

}  // namespace tapestry
