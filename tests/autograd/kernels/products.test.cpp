#include <cmath>
#include <limits>
#include <vector>

#include "autograd/error.hpp"
#include "autograd/kernels/blas.hpp"
#include "autograd/random.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

using namespace tapestry;

namespace {

struct Problem {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;
};

// Rows are stored 3 numbers longer than they are.
struct Matrix {
  Matrix(std::int64_t rows, std::int64_t columns, Rng& rng)
      : ld(columns + 3), values(rng.uniform({rows, ld}, DType::f64).to_vector()) {}
  std::int64_t ld;
  std::vector<double> values;
  double at(std::int64_t i, std::int64_t j) const {
    return values[static_cast<std::size_t>(i * ld + j)];
  }
};

template <class T>
std::vector<T> as(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

// The largest error of gemm against the sum in double, relative to the sum.
template <class T>
double error(const Problem& p, T beta) {
  Rng rng(5);
  const Matrix a(p.transpose_a ? p.k : p.m, p.transpose_a ? p.m : p.k, rng);
  const Matrix b(p.transpose_b ? p.n : p.k, p.transpose_b ? p.k : p.n, rng);
  Matrix c(p.m, p.n, rng);
  const Matrix before = c;
  std::vector<T> ta = as<T>(a.values), tb = as<T>(b.values), tc = as<T>(c.values);
  // With beta = 0 the old contents do not count, whatever they are.
  if (beta == 0) std::fill(tc.begin(), tc.end(), std::numeric_limits<T>::quiet_NaN());
  gemm(p.transpose_a, p.transpose_b, p.m, p.n, p.k, T(1), ta.data(), a.ld, tb.data(), b.ld, beta,
       tc.data(), c.ld);
  double worst = 0;
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      double sum = beta == 0 ? 0 : static_cast<double>(beta) * before.at(i, j);
      for (std::int64_t l = 0; l < p.k; ++l) {
        sum +=
            (p.transpose_a ? a.at(l, i) : a.at(i, l)) * (p.transpose_b ? b.at(j, l) : b.at(l, j));
      }
      const double got = static_cast<double>(tc[static_cast<std::size_t>(i * c.ld + j)]);
      worst = std::isfinite(got) ? std::max(worst, std::abs(got - sum) / sum) : INFINITY;
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("products of few rows: every shape, with and without what was there before",
          "[autograd][blas]") {
  for (const std::int64_t few : {1, 2, 3, 4, 7, 8, 9, 20, 25}) {
    for (const Problem& p :
         {Problem{false, true, few, 311, 230}, Problem{false, false, few, 311, 230},
          Problem{true, false, 311, 230, few}}) {
      CAPTURE(p.transpose_a, p.transpose_b, p.m, p.n, p.k);
      CHECK(error<double>(p, 0) < 1e-14);
      CHECK(error<double>(p, 1) < 1e-14);
      CHECK(error<float>(p, 0) < 2e-5f);
      CHECK(error<float>(p, 1) < 2e-5f);
    }
  }
}

TEST_CASE("large products: every shape, with and without what was there before",
          "[autograd][blas]") {
  for (const Problem& p :
       {Problem{false, true, 100, 130, 270}, Problem{false, false, 100, 130, 270},
        Problem{true, false, 100, 130, 270}, Problem{true, true, 100, 130, 270},
        Problem{false, false, 193, 129, 257}, Problem{true, false, 97, 191, 129}}) {
    CAPTURE(p.transpose_a, p.transpose_b, p.m, p.n, p.k);
    for (const double beta : {0.0, 1.0, 0.5}) {
      CHECK(error<double>(p, beta) < 1e-14);
      CHECK(error<float>(p, static_cast<float>(beta)) < 2e-5f);
    }
  }
}

TEST_CASE("products of few rows: the same bits for one thread and for three",
          "[autograd][blas][threads]") {
  Rng rng(6);
  const Tensor a = rng.uniform({4, 1000}), b = rng.uniform({900, 1000}), t = rng.uniform({4, 900});
  const auto products = [&](int threads) {
    const test::KeepThreads keep;
    set_threads(threads);
    std::vector<std::vector<float>> all(3);
    const float *pa = a.view<float>().data(), *pb = b.view<float>().data(),
                *pt = t.view<float>().data();
    all[0].resize(4 * 900);
    gemm(false, true, 4, 900, 1000, 1.0f, pa, 1000, pb, 1000, 0.0f, all[0].data(), 900);
    all[1].resize(4 * 1000);
    gemm(false, false, 4, 1000, 900, 1.0f, pt, 900, pb, 1000, 0.0f, all[1].data(), 1000);
    all[2].resize(900 * 1000);
    gemm(true, false, 900, 1000, 4, 1.0f, pt, 900, pa, 1000, 0.0f, all[2].data(), 1000);
    return all;
  };
  CHECK((products(1) == products(3)));
}

TEST_CASE("products whose sizes BLAS cannot count are refused", "[autograd][blas]") {
  constexpr std::int64_t kTooMany = std::int64_t{1} << 31;
  double a = 1, c = 0;  // never read or written
  CHECK_THROWS_AS(gemm(false, false, kTooMany, 1, 1, 1.0, &a, 1, &a, 1, 0.0, &c, 1), ShapeError);
  CHECK_THROWS_AS(gemm(false, true, 1, 1, kTooMany, 1.0, &a, kTooMany, &a, kTooMany, 0.0, &c, 1),
                  ShapeError);
}
