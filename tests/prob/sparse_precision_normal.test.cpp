// The normal with a sparse factor of its precision, against the dense one.

#include "prob/sparse_precision_normal.hpp"

#include "autograd/autograd.hpp"
#include "prob/monte_carlo.hpp"
#include "prob/multivariate_normal.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using namespace tapestry::prob;

namespace {

constexpr std::int64_t kRows = 3, kCols = 4, kPixels = kRows * kCols;

SparsePrecisionNormal example(const Shape& batch, std::int64_t radius) {
  Rng rng(5);
  const Tensor later = later_pixels(kRows, kCols, radius);
  const Shape one = join(batch, {kPixels});
  return {rng.normal(one), exp(0.3 * rng.normal(one)), 0.4 * rng.normal(join(one, {later.dim(1)})),
          later};
}

/// (L L^T)^-1, where L is dense and follows from where two pixels are in the image.
Tensor dense_covariance(const SparsePrecisionNormal& p, std::int64_t radius) {
  std::vector<double> L(kPixels * kPixels, 0.0);
  const auto diagonal = p.diagonal.to_vector(), below = p.below.to_vector();
  for (std::int64_t i = 0; i < kPixels; ++i) {
    L[static_cast<std::size_t>(i * kPixels + i)] = diagonal[static_cast<std::size_t>(i)];
    std::int64_t k = 0;
    for (std::int64_t down = 0; down <= radius; ++down)
      for (std::int64_t right = -radius; right <= radius; ++right) {
        if (down == 0 && right <= 0) continue;
        const std::int64_t y = i / kCols + down, x = i % kCols + right, n = k++;
        if (y >= kRows || x < 0 || x >= kCols) continue;
        L[static_cast<std::size_t>((y * kCols + x) * kPixels + i)] =
            below[static_cast<std::size_t>(i * p.below.dim(1) + n)];
      }
  }
  const Tensor inverse = triangular_solve(tensor(L, {kPixels, kPixels}), eye(kPixels));
  return matmul(inverse, inverse, {.transpose_left = true});
}

}  // namespace

TEST_CASE("a sparse precision: density and entropy are those of the dense normal", "[prob]") {
  const DTypeScope f64(DType::f64);
  for (const std::int64_t radius : {1, 2}) {
    const auto sparse = example({}, radius);
    const auto dense =
        MultivariateNormal::from_covariance(sparse.loc, dense_covariance(sparse, radius));
    const Tensor x = Rng(6).normal({2, 5, kPixels});
    CHECK(test::difference(sparse.log_prob(x), dense.log_prob(x), 1e-10) == "");
    CHECK(test::difference(sparse.entropy(), dense.entropy(), 1e-10) == "");
  }
}

TEST_CASE("a sparse precision: samples have the covariance (L L^T)^-1", "[prob][statistical]") {
  const DTypeScope f64(DType::f64);
  const auto p = example({}, 1);
  Rng rng(7);
  const Tensor v = p.sample(rng, {40000}) - p.loc;
  const Estimate e = estimate(reshape(v, {-1, kPixels, 1}) * reshape(v, {-1, 1, kPixels}));
  CHECK(max(abs(e.mean - dense_covariance(p, 1)) / e.standard_error).item() < 5);
  CHECK(max(abs(mean(square(p.whiten(p.loc + v)), 0) - 1.0)).item() < 0.04);
}

TEST_CASE("a sparse precision: a batch has a factor for each row", "[prob]") {
  const DTypeScope f64(DType::f64);
  const auto all = example({3}, 1);
  CHECK(all.shape() == Shape{3, kPixels});
  Rng rng(8), same(8);
  const Tensor x = all.sample(rng, {2}), e = same.normal({2, 3, kPixels});
  CHECK(x.shape() == Shape{2, 3, kPixels});
  CHECK(test::difference(all.whiten(x), e, 1e-10) == "");
  for (std::int64_t n = 0; n < 3; ++n) {
    const auto row = [&](const Tensor& t) {
      return reshape(slice(t, 0, n, n + 1), t.shape().without(0));
    };
    const SparsePrecisionNormal one(row(all.loc), row(all.diagonal), row(all.below), all.later);
    const Tensor of_row = reshape(slice(x, 1, n, n + 1), {2, kPixels});
    CHECK(test::difference(one.log_prob(of_row), reshape(slice(all.log_prob(x), 1, n, n + 1), {2}),
                           1e-12) == "");
  }
}

TEST_CASE("a sparse precision: gradients", "[prob]") {
  const DTypeScope f64(DType::f64);
  const auto p = example({2}, 1);
  const auto density = [&](std::span<const Tensor> a) {
    return SparsePrecisionNormal(a[0], a[1], a[2], p.later).log_prob(a[3]);
  };
  const Tensor x = Rng(9).normal({2, kPixels});
  const GradReport report = gradcheck(density, std::vector{p.loc, p.diagonal, p.below, x});
  INFO(report.text);
  CHECK(report.ok);
}

TEST_CASE("a sparse precision: later pixels", "[prob]") {
  // 0 1 2
  // 3 4 5: right, below left, below, below right; 6 for none
  const std::vector<double> expected{1, 6, 3, 4, 2, 3, 4, 5, 6, 4, 5, 6,
                                     4, 6, 6, 6, 5, 6, 6, 6, 6, 6, 6, 6};
  const Tensor later = later_pixels(2, 3, 1);
  CHECK(later.shape() == Shape{6, 4});
  CHECK(later.to_vector() == expected);
  CHECK_THROWS_AS(later_pixels(2, 3, 0), ConfigError);
  CHECK_THROWS_AS(SparsePrecisionNormal(zeros({2}), ones({2}), zeros({2, 1}),
                                        index_tensor(std::vector<std::int32_t>{0, 2}, {2, 1})),
                  DomainError);
  CHECK_THROWS_AS(
      SparsePrecisionNormal(zeros({3}), ones({2}), zeros({2, 4}), later_pixels(1, 2, 1)),
      ShapeError);
}

TEST_CASE("SparsePrecisionNormal: no numbers at all are refused", "[prob][errors]") {
  CHECK(test::throws_with<ShapeError>(
      [] {
        prob::SparsePrecisionNormal(zeros({2, 0}), zeros({2, 0}), zeros({2, 0, 2}),
                                    index_tensor(std::vector<std::int32_t>{}, {0, 2}));
      },
      "D >= 1"));
}
