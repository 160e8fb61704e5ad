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

TEST_CASE("factor analysis: rows with holes have the density and the posterior of the columns seen",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const FactorAnalysis model = usual();
  Rng rng(7);
  const Tensor x = model.sample(rng, 20).x;
  CHECK(max(abs(model.log_px(x, ones({20, 10})) - model.log_px(x))).item() < 1e-10);
  CHECK(max(abs(model.log_px(x, zeros({20, 10})))).item() < 1e-12);  // nothing seen: log 1
  // The first six columns alone are a model of their own.
  const auto first = [](const Tensor& of, int axis) { return slice(of, axis, 0, 6); };
  const FactorAnalysis six{first(model.weight, 0), first(model.mean, 0), first(model.noise, 0)};
  const Tensor seen = concat({ones({20, 6}), zeros({20, 4})}, 1);
  CHECK(max(abs(model.log_px(x, seen) - six.log_px(first(x, 1)))).item() < 1e-10);
  const auto holed = model.posterior(x, seen), alone = six.posterior(first(x, 1));
  CHECK(max(abs(holed.loc - alone.loc)).item() < 1e-10);
  CHECK(max(abs(holed.covariance() - alone.covariance())).item() < 1e-12);
  // By hand: W = ((1, 0), (.8, .6), (0, 1), (-.5, .7)), x_1 = 1.9 and x_3 = .6 seen; numpy's normal.
  const FactorAnalysis four{tensor({{1.0, 0.0}, {0.8, 0.6}, {0.0, 1.0}, {-0.5, 0.7}}),
                            tensor({0.5, 0.0, -0.5, 1.0}), tensor({0.25, 0.16, 0.36, 0.25})};
  const Tensor row = tensor({1.9, 7.0, 0.6, -7.0}), known = tensor({1.0, 0.0, 1.0, 0.0});
  CHECK(four.log_px(row, known).item() == Approx(-3.3320441331169013).epsilon(1e-14));
  const Tensor filled = four.likelihood(four.posterior(row, known).loc).mean();
  CHECK(filled.at({1}) == Approx(1.3812941176470588).epsilon(1e-9));
  CHECK(filled.at({3}) == Approx(1.0061764705882353).epsilon(1e-9));
}

TEST_CASE("factor analysis: log p(x) and posterior of rows with holes have gradients",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  Rng rng(8);
  const Tensor seen = tensor({{1.0, 0.0, 1.0, 1.0}, {0.0, 0.0, 1.0, 0.0}, {1.0, 1.0, 1.0, 1.0}});
  const std::array inputs{rng.normal({4, 2}), rng.normal({4}), exp(rng.normal({4})),
                          rng.normal({3, 4}), rng.normal({3, 2})};
  test::expect_grad(
      [&](auto in) {
        const FactorAnalysis of{in[0], in[1], in[2]};
        return of.log_px(in[3], seen) + of.posterior(in[3], seen).log_prob(in[4]);
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
