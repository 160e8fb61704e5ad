#include "autograd/kernels/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <string>

#include "autograd/kernels/few_rows.hpp"

namespace tapestry {
namespace {

CBLAS_TRANSPOSE flag(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }
int as_int(std::int64_t n) { return static_cast<int>(n); }

// BLAS leaves C alone when k = 0 and insists on leading dimensions of at least 1.
template <class T, class Call>
void guarded(std::int64_t m, std::int64_t n, std::int64_t k, T beta, T* c, std::int64_t ldc,
             Call call) {
  if (m == 0 || n == 0) return;
  if (k > 0) return call();
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == 0 ? T(0) : c[i * ldc + j] * beta;
  }
}

}  // namespace

void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          float alpha, const float* a, std::int64_t lda, const float* b, std::int64_t ldb,
          float beta, float* c, std::int64_t ldc) {
  guarded(m, n, k, beta, c, ldc, [&] {
    const auto blas = [=](std::int64_t rows, std::int64_t columns, const float* x, const float* y,
                          float* z) {
      cblas_sgemm(CblasRowMajor, flag(transpose_a), flag(transpose_b), as_int(rows),
                  as_int(columns), as_int(k), alpha, x, as_int(lda), y, as_int(ldb), beta, z,
                  as_int(ldc));
    };
    if (!few_rows::product(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
                           blas)) {
      blas(m, n, a, b, c);
    }
  });
}

void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          double alpha, const double* a, std::int64_t lda, const double* b, std::int64_t ldb,
          double beta, double* c, std::int64_t ldc) {
  guarded(m, n, k, beta, c, ldc, [&] {
    const auto blas = [=](std::int64_t rows, std::int64_t columns, const double* x, const double* y,
                          double* z) {
      cblas_dgemm(CblasRowMajor, flag(transpose_a), flag(transpose_b), as_int(rows),
                  as_int(columns), as_int(k), alpha, x, as_int(lda), y, as_int(ldb), beta, z,
                  as_int(ldc));
    };
    if (!few_rows::product(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
                           blas)) {
      blas(m, n, a, b, c);
    }
  });
}

void solve_triangular(bool lower, bool transpose, std::int64_t n, std::int64_t m, const float* a,
                      float* b) {
  if (n == 0 || m == 0) return;
  cblas_strsm(CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, flag(transpose),
              CblasNonUnit, as_int(n), as_int(m), 1.0f, a, as_int(n), b, as_int(m));
}

void solve_triangular(bool lower, bool transpose, std::int64_t n, std::int64_t m, const double* a,
                      double* b) {
  if (n == 0 || m == 0) return;
  cblas_dtrsm(CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, flag(transpose),
              CblasNonUnit, as_int(n), as_int(m), 1.0, a, as_int(n), b, as_int(m));
}

bool blas_shares_threads() { return openblas_get_parallel() == OPENBLAS_OPENMP; }

const char* blas_description() {
  static const std::string text = [] {
    const char* kinds[] = {"sequential", "pthread", "openmp"};
    const std::string config =
        openblas_get_config();  // "OpenBLAS 0.3.21 DYNAMIC_ARCH ... SkylakeX"
    std::size_t end = config.find(' ');
    if (end != std::string::npos) end = config.find(' ', end + 1);
    return config.substr(0, end) + " (" + kinds[std::clamp(openblas_get_parallel(), 0, 2)] + ", " +
           openblas_get_corename() + ")";
  }();
  return text.c_str();
}

}  // namespace tapestry
