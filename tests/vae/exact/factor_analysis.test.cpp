#include "vae/exact/factor_analysis.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"

using namespace tapestry;
using vae::exact::FactorAnalysis;
using vae::exact::Ppca;
using vae::exact::row_moments;

namespace {

FactorAnalysis usual() {
  Rng rng(5);
  return {rng.normal({10, 3}), rng.normal({10}), exp(rng.normal({10}))};
}

}  // namespace

TEST_CASE("factor analysis: one dimension each is the line", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const FactorAnalysis line{ones({1, 1}), zeros({1}), tensor({0.5})};
  CHECK(line.log_px(tensor({1.3})).item() == Approx(-1.6850044206).epsilon(0).margin(5e-11));
  CHECK(line.posterior(tensor({1.3})).loc.item() == Approx(1.3 / 1.5).epsilon(1e-14));
}

TEST_CASE("factor analysis: log p(x) is the normal density with the covariance W W^T + Psi",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const FactorAnalysis model = usual();
  Rng rng(1);
  const Tensor x = model.sample(rng, 20).x, z = rng.normal({20, 3});
  CHECK(max(abs(model.log_px(x) - model.evidence().log_prob(x))).item() < 1e-10);
  // Bayes' rule holds at any z, not only at the posterior's mean.
  const Tensor bayes = model.log_joint(x, z) - model.posterior(x).log_prob(z);
  CHECK(max(abs(bayes - model.evidence().log_prob(x))).item() < 1e-10);
}

TEST_CASE("factor analysis: with one noise it is PPCA", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  Rng rng(2);
  const Ppca ppca = Ppca::random(8, 2, 0.5, rng);
  const FactorAnalysis same = FactorAnalysis::from(ppca);
  const Tensor x = ppca.sample(rng, 10).x;
  CHECK(max(abs(same.log_px(x) - ppca.log_px(x))).item() < 1e-10);
  CHECK(max(abs(same.posterior(x).loc - ppca.posterior(x).loc)).item() < 1e-12);
  CHECK(max(abs(same.posterior(x).covariance() - ppca.posterior(x).covariance())).item() < 1e-12);
}

TEST_CASE("factor analysis: the mean of log p(x) needs the data's moments alone", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const FactorAnalysis model = usual();
  Rng rng(3);
  const Tensor x = rng.normal({50, 10}) * 2.0 + 1.0;  // its mean is not the model's
  CHECK(model.mean_log_px(row_moments(x)).item() ==
        Approx(mean(model.log_px(x)).item()).epsilon(1e-12));
}

TEST_CASE("factor analysis: log p(x) and posterior have gradients", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  Rng rng(4);
  const std::array inputs{rng.normal({4, 2}), rng.normal({4}), exp(rng.normal({4})),
                          rng.normal({3, 4}), rng.normal({3, 2})};
  test::expect_grad(
      [](auto in) {
        const FactorAnalysis of{in[0], in[1], in[2]};
        return of.log_px(in[3]) + of.posterior(in[3]).log_prob(in[4]);
      },
      inputs);
}

TEST_CASE("factor analysis: samples have the mean and covariance of p(x)",
          "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const FactorAnalysis model = usual();
  Rng rng(6);
  const Tensor away = model.sample(rng, 50000).x - model.mean;
  const Tensor products = reshape(away, {50000, 10, 1}) * reshape(away, {50000, 1, 10});
  const auto mean_of = prob::estimate(away), covariance = prob::estimate(products);
  // 110 comparisons: beyond 5 standard errors once in 16000 runs, and the seed is fixed.
  CHECK(max(abs(mean_of.mean) / mean_of.standard_error).item() < 5);
  const Tensor off = covariance.mean - model.evidence().covariance();
  CHECK(max(abs(off) / covariance.standard_error).item() < 5);
}
