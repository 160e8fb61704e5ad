#pragma once

#include <cstdint>

namespace tapestry::bench {

/// Calls of malloc, calloc, realloc and aligned_alloc (operator new included) by this program so far.
/// Always 0 where the C library is not glibc.
std::uint64_t malloc_calls();

}  // namespace tapestry::bench
