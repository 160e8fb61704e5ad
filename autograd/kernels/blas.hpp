#pragma once

#include <cstdint>

namespace tapestry {

/// C = alpha op(A) op(B) + beta C on row-major matrices: op(A) is [m, k], op(B) [k, n], C [m, n];
/// lda, ldb, ldc are the row lengths as stored. With beta = 0, C may be undefined. ShapeError from 2^31.
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          float alpha, const float* a, std::int64_t lda, const float* b, std::int64_t ldb,
          float beta, float* c, std::int64_t ldc);
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          double alpha, const double* a, std::int64_t lda, const double* b, std::int64_t ldb,
          double beta, double* c, std::int64_t ldc);

/// B := op(A)^-1 B for a triangular A [n, n] and B [n, m], row-major.
void solve_triangular(bool lower, bool transpose, std::int64_t n, std::int64_t m, const float* a,
                      float* b);
void solve_triangular(bool lower, bool transpose, std::int64_t n, std::int64_t m, const double* a,
                      double* b);

/// Eigenvalues, rising, of a symmetric A [n, n]; row i of A becomes the unit eigenvector of values[i].
/// LAPACK's dsyev; returns false if its iteration does not converge.
bool diagonalise(std::int64_t n, double* a, double* values);

/// The `count` smallest eigenvalues, rising, of a symmetric A [n, n], and their unit eigenvectors as the
/// rows of vectors [count, n], 1 <= count <= n; A is destroyed. LAPACK's dsyevr; returns false if its
/// iteration does not converge. `values` has room for n.
bool diagonalise_lowest(std::int64_t n, std::int64_t count, double* a, double* values,
                        double* vectors);

/// "OpenBLAS 0.3.21 (openmp, Cooperlake)": the library at run time, how it would make threads, and
/// the processor whose kernels it runs.
const char* blas_description();

}  // namespace tapestry
