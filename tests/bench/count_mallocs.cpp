#include "count_mallocs.hpp"

#include <atomic>
#include <cstddef>

// The program's own malloc family takes the place of the C library's and passes every call on to it:
// whoever allocates, the library or one below it, is counted.

namespace {
std::atomic<std::uint64_t> calls{0};
}

#ifdef __GLIBC__
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  calls.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
}
#endif

namespace tapestry::bench {

std::uint64_t malloc_calls() { return calls.load(std::memory_order_relaxed); }

}  // namespace tapestry::bench
