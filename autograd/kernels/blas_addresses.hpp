#pragma once

#include <cstdlib>  // tells the C library

// OpenBLAS reserves its buffers when it is loaded, before main, and tries again without end where a
// limit on addresses (ulimit -v) leaves too few: the program would hang without a word. Functions of
// .preinit_array run before those of any library; only a program has them, and under a sanitizer no
// code of ours may run so early.
#if defined(__has_feature)
#  if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#    define TAPESTRY_SANITIZED
#  endif
#endif
#if defined(__x86_64__) && defined(__GLIBC__) && (defined(__PIE__) || !defined(__PIC__)) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                      \
    !defined(TAPESTRY_SANITIZED)
#  define TAPESTRY_BEFORE_BLAS
#endif

namespace tapestry {

/// Ends the program with a message where a limit leaves too few addresses for OpenBLAS's buffers, one for
/// each of its threads. One of two variables of the environment may say how many: the flavour that
/// runs on OpenMP does not look at its own.
void expect_addresses_for_blas(bool has_threads, bool on_openmp, char** environment);

}  // namespace tapestry
