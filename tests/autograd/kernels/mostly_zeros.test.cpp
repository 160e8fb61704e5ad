#include "autograd/kernels/mostly_zeros.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "autograd/random.hpp"
#include "autograd/tensor.hpp"
#include "support/catch.hpp"
#include "support/keep_threads.hpp"

using namespace tapestry;

namespace {

// X [rows, columns] of which `share` is not 0, and another matrix; rows are stored 3 numbers longer
// than they are. The product is X W^T with W [others, columns], or D^T X with D [rows, others].
template <class T>
struct Problem {
  Problem(bool transposed_, std::int64_t rows_, std::int64_t columns_, std::int64_t others_,
          double share)
      : transposed(transposed_), rows(rows_), columns(columns_), others(others_) {
    Rng rng(5);
    x = rng.uniform({rows, columns + 3}, DType::f64).to_vector();
    for (double& v : x) v = v < share ? v + 1 : 0;
    other =
        rng.uniform({transposed ? rows : others, (transposed ? others : columns) + 3}, DType::f64)
            .to_vector();
    c = rng.uniform({transposed ? others : rows, (transposed ? columns : others) + 3}, DType::f64)
            .to_vector();
    result.assign(c.begin(), c.end());
  }

  std::int64_t height() const { return transposed ? others : rows; }
  std::int64_t width() const { return transposed ? columns : others; }

  // Computes into `result`; returns whether the kernel took the product.
  bool compute(T beta, T alpha = 1) {
    const std::vector<T> tx(x.begin(), x.end()), to(other.begin(), other.end());
    const std::int64_t ldx = columns + 3, ldo = (transposed ? others : columns) + 3;
    return mostly_zeros::product(Product<T>{.transpose_a = transposed,
                                            .transpose_b = !transposed,
                                            .m = height(),
                                            .n = width(),
                                            .k = transposed ? rows : columns,
                                            .alpha = alpha,
                                            .a = transposed ? to.data() : tx.data(),
                                            .lda = transposed ? ldo : ldx,
                                            .b = transposed ? tx.data() : to.data(),
                                            .ldb = transposed ? ldx : ldo,
                                            .beta = beta,
                                            .c = result.data(),
                                            .ldc = width() + 3});
  }

  // The largest error of `result` against the sum in double, relative to the sum; infinite if anything
  // beside C was written.
  double error(double beta) const {
    double worst = 0;
    for (std::int64_t i = 0; i < height(); ++i) {
      for (std::int64_t j = 0; j < width() + 3; ++j) {
        const auto at = static_cast<std::size_t>(i * (width() + 3) + j);
        const double got = static_cast<double>(result[at]);
        if (j >= width()) {
          if (got != static_cast<double>(static_cast<T>(c[at]))) return INFINITY;
          continue;
        }
        double sum = beta == 0 ? 0 : beta * c[at];
        for (std::int64_t l = 0; l < (transposed ? rows : columns); ++l) {
          const std::int64_t ldx = columns + 3, ldo = (transposed ? others : columns) + 3;
          const std::int64_t in_x = transposed ? l * ldx + j : i * ldx + l;
          const std::int64_t in_other = transposed ? l * ldo + i : j * ldo + l;
          sum += x[static_cast<std::size_t>(in_x)] * other[static_cast<std::size_t>(in_other)];
        }
        worst = std::isfinite(got) ? std::max(worst, std::abs(got - sum) / std::max(sum, 1.0))
                                   : INFINITY;
      }
    }
    return worst;
  }

  bool transposed;
  std::int64_t rows, columns, others;
  std::vector<double> x, other, c;
  std::vector<T> result;
};

template <class T>
double error_of(bool transposed, std::int64_t rows, std::int64_t columns, std::int64_t others,
                T beta) {
  Problem<T> p(transposed, rows, columns, others, 0.13);
  // With beta = 0 the old contents do not count, whatever they are.
  if (beta == 0) {
    for (std::int64_t i = 0; i < p.height(); ++i) {
      std::fill_n(p.result.begin() + i * (p.width() + 3), p.width(),
                  std::numeric_limits<T>::quiet_NaN());
    }
  }
  if (!p.compute(beta)) return INFINITY;
  return p.error(static_cast<double>(beta));
}

}  // namespace

TEST_CASE("products with mostly zeros: every shape, with and without what was there before",
          "[autograd][blas]") {
  for (const bool transposed : {false, true}) {
    for (const auto& [rows, columns, others] : std::vector<std::array<std::int64_t, 3>>{
             {64, 256, 257}, {65, 265, 250}, {128, 256, 130}, {130, 200, 170}, {300, 130, 110}}) {
      CAPTURE(transposed, rows, columns, others);
      for (const double beta : {0.0, 1.0, 0.5}) {
        CHECK(error_of<double>(transposed, rows, columns, others, beta) < 1e-14);
        CHECK(error_of<float>(transposed, rows, columns, others, static_cast<float>(beta)) < 2e-5);
      }
    }
  }
}

TEST_CASE("products with mostly zeros: what is small or not mostly zeros is left alone",
          "[autograd][blas]") {
  for (const bool transposed : {false, true}) {
    CAPTURE(transposed);
    for (Problem<float> p : {Problem<float>(transposed, 63, 400, 400, 0.1),
                             Problem<float>(transposed, 400, 63, 400, 0.1),
                             Problem<float>(transposed, 400, 400, 63, 0.1),
                             Problem<float>(transposed, 100, 100, 100, 0.1),
                             Problem<float>(transposed, 170, 170, 170, 0.3),
                             Problem<float>(transposed, 170, 170, 170, 0.9)}) {
      const std::vector<float> before = p.result;
      CHECK_FALSE(p.compute(0));
      CHECK(p.result == before);
    }
    Problem<float> scaled(transposed, 170, 170, 170, 0.1);
    CHECK_FALSE(scaled.compute(0, 2));
  }
}

TEST_CASE("products with mostly zeros: NaN in X comes out, NaN that meets zeros alone does not",
          "[autograd][blas]") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const bool transposed : {false, true}) {
    CAPTURE(transposed);
    Problem<double> p(transposed, 170, 170, 170, 0.1);
    p.x[5 * 173 + 7] = kNan;  // in row 5 and column 7 of X
    REQUIRE(p.compute(0));
    for (std::int64_t l = 0; l < 170; ++l) {
      CHECK(std::isnan(p.result[static_cast<std::size_t>(transposed ? l * 173 + 7 : 5 * 173 + l)]));
    }
    Problem<double> q(transposed, 170, 170, 170, 0.1);
    for (std::int64_t l = 0; l < 170; ++l) {  // column 3 of X, or row 3, is all zeros, ...
      q.x[static_cast<std::size_t>(transposed ? 3 * 173 + l : l * 173 + 3)] = 0;
      q.other[static_cast<std::size_t>(transposed ? 3 * 173 + l : l * 173 + 3)] =
          kNan;  // ... NaN there
    }
    REQUIRE(q.compute(0));
    for (std::int64_t i = 0; i < 170; ++i) {
      for (std::int64_t j = 0; j < 170; ++j) {
        REQUIRE(std::isfinite(q.result[static_cast<std::size_t>(i * 173 + j)]));
      }
    }
  }
}

TEST_CASE("products with mostly zeros: the same bits for any number of threads",
          "[autograd][blas][threads]") {
  const auto computed = [](bool transposed, int threads) {
    const test::KeepThreads keep;
    set_threads(threads);
    Problem<float> p(transposed, 300, 500, 333, 0.13);
    REQUIRE(p.compute(1));
    return p.result;
  };
  for (const bool transposed : {false, true}) {
    for (const int threads : {2, 3, 8})
      CHECK(computed(transposed, threads) == computed(transposed, 1));
  }
}
