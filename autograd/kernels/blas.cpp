#include "autograd/kernels/blas.hpp"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/error.hpp"
#include "autograd/kernels/blas_addresses.hpp"
#include "autograd/kernels/few_rows.hpp"
#include "autograd/kernels/mostly_zeros.hpp"

/// LAPACK, in the calling convention of Fortran: the lengths of the texts come last.
extern "C" {
void dsyev_(const char* job, const char* triangle, const int* n, double* a, const int* lda,
            double* values, double* work, const int* work_size, int* info, std::size_t,
            std::size_t);
void dsyevr_(const char* job, const char* range, const char* triangle, const int* n, double* a,
             const int* lda, const double* low, const double* high, const int* first,
             const int* last, const double* tolerance, int* found, double* values, double* vectors,
             const int* ldv, int* supports, double* work, const int* work_size, int* numbers,
             const int* numbers_size, int* info, std::size_t, std::size_t, std::size_t);
}

namespace tapestry {
namespace {

#ifdef TAPESTRY_BEFORE_BLAS
void before_blas(int, char**, char** environment) {
  const int kind = openblas_get_parallel();
  expect_addresses_for_blas(kind != OPENBLAS_SEQUENTIAL, kind == OPENBLAS_OPENMP, environment);
}
[[gnu::section(".preinit_array"), gnu::used]] void (*const at_start)(int, char**,
                                                                     char**) = before_blas;
#endif

CBLAS_TRANSPOSE flag(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }
int as_int(std::int64_t n) { return static_cast<int>(n); }

/// While one lives, OpenBLAS computes on the calling thread alone: the library's own threads share
/// the work, each with calls of its own (docs/design/threads.md).
class OnThisThread {
 public:
  OnThisThread() : before_(omp_get_max_threads()) {
    static const bool once = [] {  // for a build of OpenBLAS that ignores OpenMP
      if (openblas_get_parallel() != OPENBLAS_OPENMP) openblas_set_num_threads(1);
      return true;
    }();
    (void)once;
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OnThisThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OnThisThread(const OnThisThread&) = delete;
  OnThisThread& operator=(const OnThisThread&) = delete;

 private:
  const int before_;
};

}  // namespace

void multiply(const Product<float>& p) {
  const OnThisThread here;
  cblas_sgemm(CblasRowMajor, flag(p.transpose_a), flag(p.transpose_b), as_int(p.m), as_int(p.n),
              as_int(p.k), p.alpha, p.a, as_int(p.lda), p.b, as_int(p.ldb), p.beta, p.c,
              as_int(p.ldc));
}
void multiply(const Product<double>& p) {
  const OnThisThread here;
  cblas_dgemm(CblasRowMajor, flag(p.transpose_a), flag(p.transpose_b), as_int(p.m), as_int(p.n),
              as_int(p.k), p.alpha, p.a, as_int(p.lda), p.b, as_int(p.ldb), p.beta, p.c,
              as_int(p.ldc));
}

namespace {

/// OpenBLAS packs the operands of a product before it multiplies, which takes a tenth of the time. Its
/// kernels for AVX-512 do not where a product has a million multiplications or less.
bool small_products_are_not_packed() {
  static const bool yes = [] {
    const std::string_view kernels = openblas_get_corename();
    return kernels == "SkylakeX" || kernels == "Cooperlake" || kernels == "SapphireRapids";
  }();
  return yes;
}

/// So much of C, and so many terms of its sums, is a tile: a small product whose part of B, 32 KB, stays
/// in the level-1 cache for the next tile. ...
constexpr std::int64_t kTileRows = 96, kTileColumns = 64, kTileTerms = 128;
/// ... Rows that begin 4 KB apart would compete for the same few places of that cache.
constexpr std::int64_t kTileStride = 1024;

/// Whether a product is faster in tiles: what OpenBLAS does without packing, but not A B^T, where it
/// has to turn B around.
bool is_for_tiles(const Product<float>& p) {
  return !p.transpose_b && p.m * p.n * p.k > kTileRows * kTileColumns * kTileTerms &&
         std::max(p.lda, p.ldb) < kTileStride && small_products_are_not_packed();
}
bool is_for_tiles(const Product<double>&) { return false; }

template <class T>
void multiply_in_tiles(const Product<T>& p) {
  const OnThisThread here;
  for (std::int64_t j = 0; j < p.n; j += kTileColumns) {
    const Product<T> columns = p.columns(j, std::min(kTileColumns, p.n - j));
    for (std::int64_t l = 0; l < p.k; l += kTileTerms) {
      const Product<T> terms = columns.terms(l, std::min(kTileTerms, p.k - l));
      for (std::int64_t i = 0; i < p.m; i += kTileRows) {
        multiply(terms.rows(i, std::min(kTileRows, p.m - i)));
      }
    }
  }
}

/// A piece of a product has so many multiplications or more, ...
constexpr std::int64_t kSmall = 1 << 17;
/// ... and so many rows or columns, or a multiple of it: a kernel computes that many at once. ...
constexpr std::int64_t kEdge = 16;
/// ... A thread gets one, because each piece packs the operand again that all of them read.
constexpr std::int64_t kProductsEach = 1;

/// Cuts C along its longer side, so that the operand which every piece reads is the smaller one.
template <class T>
void multiply_in_pieces(const Product<T>& p) {
  const bool by_rows = p.m >= p.n;
  const std::int64_t side = by_rows ? p.m : p.n, edges = (side + kEdge - 1) / kEdge;
  const std::int64_t work = (by_rows ? p.n : p.m) * p.k * kEdge;
  const std::int64_t pieces = count_pieces(
      edges, std::max<std::int64_t>(1, kSmall / std::max<std::int64_t>(work, 1)), kProductsEach);
  parallel_each(pieces, [&](std::int64_t i) {
    const std::int64_t first = edges * i / pieces * kEdge;
    const std::int64_t count = std::min(side, edges * (i + 1) / pieces * kEdge) - first;
    const Product<T> part = by_rows ? p.rows(first, count) : p.columns(first, count);
    is_for_tiles(part) ? multiply_in_tiles(part) : multiply(part);
  });
}

/// BLAS counts rows, columns and row lengths in int.
template <class T>
void expect_countable(const Product<T>& p) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (std::max({p.m, p.n, p.k, p.lda, p.ldb, p.ldc}) <= kMost) [[likely]]
    return;
  throw ShapeError(
      fmt::format("a product of [{},{}] by [{},{}]: BLAS counts to 2^31 - 1", p.m, p.k, p.k, p.n),
      "cut the longest axis into parts with slice");
}

template <class T>
void product(const Product<T>& p) {
  if (p.m == 0 || p.n == 0) return;
  expect_countable(p);
  if (p.k == 0) {  // BLAS would leave C unchanged, and demands leading dimensions of at least 1
    for (std::int64_t i = 0; i < p.m; ++i) {
      for (std::int64_t j = 0; j < p.n; ++j) {
        T& c = p.c[i * p.ldc + j];
        c = p.beta == 0 ? T(0) : c * p.beta;
      }
    }
    return;
  }
  if (!few_rows::product(p) && !mostly_zeros::product(p)) multiply_in_pieces(p);
}

}  // namespace

void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          float alpha, const float* a, std::int64_t lda, const float* b, std::int64_t ldb,
          float beta, float* c, std::int64_t ldc) {
  product<float>({transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc});
}

void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          double alpha, const double* a, std::int64_t lda, const double* b, std::int64_t ldb,
          double beta, double* c, std::int64_t ldc) {
  product<double>({transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc});
}

namespace {

void check_counts(std::int64_t n, std::int64_t m) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  check<ShapeError>(n <= kMost && m <= kMost, "{} rows of {} numbers; OpenBLAS counts to {}", n, m,
                    kMost);
}

}  // namespace

void solve_triangular(bool lower, bool transpose, std::int64_t n, std::int64_t m, const float* a,
                      float* b) {
  if (n == 0 || m == 0) return;
  check_counts(n, m);
  const OnThisThread here;
  cblas_strsm(CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, flag(transpose),
              CblasNonUnit, as_int(n), as_int(m), 1.0f, a, as_int(n), b, as_int(m));
}

void solve_triangular(bool lower, bool transpose, std::int64_t n, std::int64_t m, const double* a,
                      double* b) {
  if (n == 0 || m == 0) return;
  check_counts(n, m);
  const OnThisThread here;
  cblas_dtrsm(CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, flag(transpose),
              CblasNonUnit, as_int(n), as_int(m), 1.0, a, as_int(n), b, as_int(m));
}

bool diagonalise(std::int64_t n, double* a, double* values) {
  const OnThisThread here;
  // Row-major or column-major is all the same for a symmetric matrix; its columns become the vectors.
  const int size = as_int(n), lda = std::max(size, 1),
            work_size = 34 * lda;  // blocks of 32 columns
  std::vector<double> work(static_cast<std::size_t>(work_size));
  int info = 0;
  dsyev_("V", "L", &size, a, &lda, values, work.data(), &work_size, &info, 1, 1);
  return info == 0;
}

bool diagonalise_lowest(std::int64_t n, std::int64_t count, double* a, double* values,
                        double* vectors) {
  const OnThisThread here;
  const int size = as_int(n), first = 1, last = as_int(count), work_size = 33 * size,
            numbers_size = 10 * size;
  const double unused = 0, usual_tolerance = 0;
  std::vector<double> work(static_cast<std::size_t>(work_size));
  std::vector<int> numbers(static_cast<std::size_t>(numbers_size));
  std::vector<int> supports(2 * static_cast<std::size_t>(count));
  int found = 0, info = 0;
  dsyevr_("V", "I", "L", &size, a, &size, &unused, &unused, &first, &last, &usual_tolerance, &found,
          values, vectors, &size, supports.data(), work.data(), &work_size, numbers.data(),
          &numbers_size, &info, 1, 1, 1);
  return info == 0 && found == last;
}

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
