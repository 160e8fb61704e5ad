#pragma once

namespace tapestry {

constexpr int kMaxThreads = 256;

/// The number of threads that one loop or one matrix product of the library runs on, the calling
/// thread included. Before the first `set_threads`: the environment variable OMP_NUM_THREADS, or
/// else the number of processors that this process may use.
int threads();

/// Sets it, from 1 to kMaxThreads. Loops give the same bits for every number; matrix products may
/// differ in the last ones. Throws ConfigError outside the range.
void set_threads(int count);

}  // namespace tapestry
