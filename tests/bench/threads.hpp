#pragma once

#include <omp.h>

#include "autograd/threads.hpp"

namespace tapestry::bench {

/// The library computes on so many threads from now on, and so does OpenBLAS where it is called alone.
inline void use_threads(int count) {
  set_threads(count);
  omp_set_num_threads(count);
}
/// That this program may use.
inline int processors() { return omp_get_num_procs(); }

}  // namespace tapestry::bench
