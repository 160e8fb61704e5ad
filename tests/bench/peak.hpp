#pragma once

namespace tapestry::bench {

/// What the machine does at most on so many threads: the measures that a step's time is held against.
struct Peak {
  int threads;
  double gflops;  ///< multiply-adds of f32 in registers, 10^9 operations a second, two for each
  double blas_gflops;  ///< the same for OpenBLAS's product of two matrices of 1024 x 1024
  double copy_gb;      ///< 10^9 bytes a second, read plus written, of a copy that no cache holds
};

/// Measures for about half a second; the best of a few attempts counts.
Peak measure_peak(int threads);

/// The widest instructions of this processor that measure_peak knows: "AVX-512", "AVX2", "SSE2".
const char* instruction_set();

/// The processor whose kernels OpenBLAS has chosen: "SkylakeX", "Zen", "Haswell".
const char* openblas_core();

}  // namespace tapestry::bench
