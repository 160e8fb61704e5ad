// K-means and EM on rows whose clusters are known.

#include "vae/inference/row_mixture.hpp"

#include <cmath>

#include "autograd/autograd.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/thrown.hpp"
#include "vae/analysis/best_matching.hpp"

using namespace tapestry;

namespace {

struct Drawn {
  Tensor rows, cluster;
};

/// 600 rows of three normals in a plane, of which two overlap a little.
Drawn three_clusters() {
  Rng rng(1);
  const Tensor loc = tensor({{0.0, 0.0}, {4.0, 0.0}, {0.0, 9.0}}),
               scale = tensor({{1.0, 0.5}, {0.5, 1.0}, {2.0, 1.0}});
  std::vector<std::int32_t> of(600);
  for (std::size_t i = 0; i < of.size(); ++i) of[i] = static_cast<std::int32_t>(i % 3);
  const Tensor cluster = index_tensor(of, {600});
  return {take_rows(loc, cluster) + take_rows(scale, cluster) * rng.normal({600, 2}), cluster};
}

double accuracy(const Tensor& found, const Tensor& cluster) {
  return vae::cluster_accuracy(vae::cluster_counts(found, cluster, 3));
}

}  // namespace

TEST_CASE("k_means: finds clusters, and rests where each centre is the mean of its rows",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const auto [rows, cluster] = three_clusters();
  Rng rng(2);
  const vae::KMeans found = vae::k_means(rows, 3, rng);
  CHECK(accuracy(found.nearest, cluster) > 0.98);
  const Tensor in = take_rows(eye(3), found.nearest), count = reshape(sum(in, 0), {3, 1});
  CHECK(test::difference(found.centres, matmul(in, rows, {.transpose_left = true}) / count,
                         1e-12) == "");
  const Tensor to_each = sum(square(reshape(rows, {600, 1, 2}) - found.centres), -1);
  CHECK(argmax(-to_each).to_vector() == found.nearest.to_vector());
  CHECK(found.squared_error == Approx(-mean(max(-to_each, -1)).item()));
  CHECK(vae::k_means(rows, 600, rng, 1).squared_error == Approx(0).margin(1e-12));
  CHECK(test::throws_with<ConfigError>([&, &rows = rows] { vae::k_means(rows, 601, rng); },
                                       "601 clusters of 600 rows"));
}

TEST_CASE("scaled_k_means: finds clusters that a linear map has hidden from k_means",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const auto [rows, cluster] = three_clusters();
  const Tensor map = tensor({{1.0, 40.0}, {0.0, 2.0}}), hidden = matmul(rows, map);
  Rng rng(2);
  CHECK(accuracy(vae::k_means(hidden, 3, rng).nearest, cluster) < 0.9);
  const vae::ScaledKMeans found = vae::scaled_k_means(hidden, 3, rng);
  CHECK(accuracy(found.clusters.nearest, cluster) > 0.98);
  CHECK(test::difference(matmul(found.to, found.back), eye(2), 1e-10) == "");
  const Tensor now = matmul(hidden, found.to);
  const Tensor off = now - take_rows(found.clusters.centres, found.clusters.nearest);
  CHECK(test::difference(matmul(off, off, {.transpose_left = true}) / 600.0, eye(2), 1e-10) == "");
  CHECK(found.clusters.squared_error == Approx(2));  // the trace of the identity
  // Of the rows as they were it finds the same clusters.
  Rng again(3), anew(3);
  CHECK(vae::scaled_k_means(rows, 3, again).clusters.nearest.to_vector() ==
        vae::scaled_k_means(hidden, 3, anew).clusters.nearest.to_vector());
}

TEST_CASE("scaled_k_means: rows that lie in a plane are refused", "[vae][errors]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const Tensor along = rng.normal({50, 1});
  // Along an axis, and along a line on which only rounding lies beside it.
  for (const Tensor& line : {tensor({1.0, 0.0}), tensor({0.3, 0.7})})
    for (const DType dtype : {DType::f64, DType::f32})
      CHECK(test::throws_with<DomainError>(
          [&] { vae::scaled_k_means((along * line).to(dtype), 2, rng); },
          "lie in fewer than 2 dimensions"));
}

TEST_CASE("fit_row_mixture: the likelihood never falls and the parts are found",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const auto [rows, cluster] = three_clusters();
  Rng rng(2);
  const auto fit = vae::fit_row_mixture(rows, vae::k_means(rows, 3, rng));
  for (std::size_t i = 1; i < fit.log_px.size(); ++i)
    CHECK(fit.log_px[i] >= fit.log_px[i - 1] - 1e-12);
  CHECK(accuracy(argmax(fit.mixture.log_joint(rows)), cluster) > 0.98);
  CHECK(fit.log_px.back() == Approx(mean(fit.mixture.distribution().log_prob(rows)).item()));
  // The widest part is the third, in its first direction.
  CHECK(max(fit.mixture.scale).item() == Approx(2).epsilon(0.15));
}

TEST_CASE("fit_row_mixture: at rest no direction of the parameters raises the likelihood",
          "[vae][inference]") {
  const DTypeScope f64(DType::f64);
  const auto [rows, cluster] = three_clusters();
  Rng rng(2);
  const auto of = vae::fit_row_mixture(rows, vae::k_means(rows, 3, rng)).mixture;
  Tape tape;
  const Tensor logits = tape.watch(of.logits.clone()), loc = tape.watch(of.loc.clone()),
               scale = tape.watch(of.scale.clone());
  tape.backward(mean(vae::RowMixture{logits, loc, scale}.distribution().log_prob(rows)));
  for (const Tensor& slope : {tape.grad(logits), tape.grad(loc), tape.grad(scale)})
    CHECK(max(abs(slope)).item() < 1e-5);
}

TEST_CASE("k_means: rows that are not finite are refused", "[vae][errors]") {
  Rng rng(1);
  const Tensor rows = tensor({{1.0, 2.0}, {std::nan(""), 0.0}, {3.0, 1.0}});
  CHECK(test::throws_with<DomainError>([&] { vae::k_means(rows, 2, rng); }, "rows[1,0] = nan"));
}

TEST_CASE("mixture_of: narrow parts far apart keep the digits of their scales",
          "[vae][inference]") {
  const DTypeScope f32(DType::f32);
  Rng rng(3);
  const Tensor left = 0.005 * rng.normal({500, 2}) - 30.0,
               right = 0.005 * rng.normal({500, 2}) + 30.0;
  std::vector<std::int32_t> part(1000, 0);
  std::fill(part.begin() + 500, part.end(), 1);
  const Tensor q = take_rows(eye(2), index_tensor(part, {1000}));
  const Tensor scale = vae::mixture_of(concat({left, right}, 0), q, 1e-3).scale;
  for (const double s : scale.to_vector()) CHECK(s == Approx(0.005).epsilon(0.15));
}
