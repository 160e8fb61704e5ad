#include "vae/analysis/aggregate.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "prob/mixture.hpp"
#include "prob/standard_normal.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "vae/bounds/total_correlation.hpp"

using namespace tapestry;

namespace {

prob::Normal some_rows(std::int64_t data, std::int64_t latents, Rng& rng) {
  return {rng.normal({data, latents}), exp(0.3 * rng.normal({data, latents}) - 0.7), 1};
}

double largest(const Tensor& t) { return max(abs(t)).item(); }

}  // namespace

TEST_CASE("aggregate: log q(z) is that of a mixture of all rows, in every block",
          "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  Rng rng(1);
  const prob::Normal few = some_rows(30, 3, rng);
  const prob::Mixture<prob::Normal> mixture(zeros({30}), few);
  const Tensor z = rng.normal({4, 5, 3});
  const Tensor log_q = vae::aggregate_log_prob(few, z);
  CHECK(log_q.shape() == Shape{4, 5});
  CHECK(largest(log_q - mixture.log_prob(z)) < 1e-11);
  // More rows and points than a block holds: each row a hundred times is the same mixture.
  std::vector<Tensor> loc(100, few.loc), scale(100, few.scale), points(60, reshape(z, {20, 3}));
  const prob::Normal many(concat(loc, 0), concat(scale, 0), 1);
  const Tensor again = vae::aggregate_log_prob(many, concat(points, 0));
  CHECK(largest(slice(again, 0, 1180, 1200) - reshape(log_q, {20})) < 1e-11);
}

TEST_CASE("aggregate: both parts of the KL agree with quadrature", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const prob::Normal q = some_rows(40, 2, rng);
  const vae::KlSplit exact = vae::exact_kl_split(q);
  const vae::KlSurgery parts = vae::kl_surgery(q, 20000, rng);
  const double information = parts.information.mean.item(), kl = parts.marginal_kl.mean.item();
  const double se = parts.information.standard_error.item();
  CHECK(se < 0.01);
  CHECK(std::fabs(information - exact.mutual_information.item()) <= 5 * se);
  const double rest = (exact.total_correlation + exact.dimension_wise).item();
  CHECK(std::fabs(kl - rest) <= 5 * se);
  CHECK(information + kl ==
        Approx(mean(prob::kl(q, prob::StandardNormal({40, 2}, 1))).item()).epsilon(1e-12));
}

TEST_CASE("aggregate: the covariance is that of q(z), and learns", "[vae][analysis]") {
  const DTypeScope f64(DType::f64);
  // Means +-1 on the diagonal of the square, standard deviations 1/2 and 1.
  const prob::Normal q(tensor({{1.0, 1.0}, {-1.0, -1.0}}), tensor({{0.5, 1.0}, {0.5, 1.0}}), 1);
  const vae::AggregateMoments m = vae::aggregate_moments(q);
  CHECK(m.mean.to_vector() == std::vector<double>{0, 0});
  CHECK(m.of_means.to_vector() == std::vector<double>{1, 1, 1, 1});
  CHECK(m.covariance().to_vector() == std::vector<double>{1.25, 1, 1, 2});
  Rng rng(3);
  const prob::Normal other = some_rows(50, 3, rng);
  const Tensor z = vae::aggregate_sample(other, 200000, rng).z;
  const Tensor away = z - mean(z, 0);
  const Tensor drawn = matmul(away, away, {.transpose_left = true}) / 200000.0;
  CHECK(largest(drawn - vae::aggregate_moments(other).covariance()) < 0.03);
}

TEST_CASE("aggregate: prior draws in holes", "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  Rng rng(4);
  const Tensor z = rng.normal({100000, 2});
  // q(z) is the prior: each row is.
  const prob::Normal prior(zeros({5, 2}), ones({5, 2}), 1);
  CHECK(vae::hole_share(prior, z, rng) == Approx(0.01).margin(0.002));
  // One narrow normal of deviation 0.1: 99 % of it lies within r = 0.1 sqrt(2 log 100), and
  // exp(-r^2 / 2) of the prior outside.
  const prob::Normal narrow(zeros({5, 2}), full({5, 2}, 0.1), 1);
  CHECK(vae::hole_share(narrow, z, rng) == Approx(std::exp(-0.01 * std::log(100.0))).margin(0.003));
  CHECK(vae::hole_share(narrow, 0.1 * z, rng) == Approx(0.01).margin(0.002));
}

TEST_CASE("aggregate: arguments that do not fit are refused", "[vae][analysis]") {
  const prob::Normal q(zeros({4, 2}), 1.0, 1);
  Rng rng(5);
  CHECK(test::throws_with<ShapeError>([&] { vae::aggregate_log_prob(q, zeros({3})); }, "[3]"));
  CHECK(test::throws_with<ShapeError>(
      [&] { vae::aggregate_sample(prob::Normal(zeros({2}), 1.0, 1), 3, rng); }, "[2]"));
  CHECK_THROWS_AS(vae::hole_share(q, zeros({3, 2}), rng, 1.0), DomainError);
}
