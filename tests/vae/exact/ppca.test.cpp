#include "vae/exact/ppca.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"

using namespace tapestry;
using vae::exact::fit_ppca;
using vae::exact::Ppca;

namespace {

/// D = 10 and K = 3, as in the notes.
Ppca usual() {
  Rng rng(5);
  return Ppca::random(10, 3, 0.5, rng);
}

/// A random q with full covariance for each row of x.
prob::MultivariateNormal any_q(std::int64_t rows, std::int64_t latents, Rng& rng) {
  const Tensor lower = tensor({{0.9, 0, 0}, {0.3, 0.7, 0}, {-0.2, 0.1, 1.1}});
  return {rng.normal({rows, latents}), lower};
}

/// A model with M = W^T W + sigma^2 I = [[1, rho], [rho, 1]], for which M / sigma^2 is the precision
/// of the posterior.
Ppca with_correlation(double rho) {
  const double sigma = 0.05;
  const Tensor l = cholesky(tensor({{1, rho}, {rho, 1}}) - sigma * sigma * eye(2));
  return {transpose(l), zeros({2}), tensor(sigma)};
}

}  // namespace

TEST_CASE("ppca: Bayes' rule holds at any z", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Ppca model = usual();
  Rng rng(1);
  const Tensor x = model.sample(rng, 20).x, z = rng.normal({20, 3});
  const Tensor bayes = model.log_joint(x, z) - model.posterior(x).log_prob(z);
  CHECK(max(abs(bayes - model.log_px(x))).item() < 1e-10);
}

TEST_CASE("ppca: one dimension each is the line", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Ppca line{ones({1, 1}), zeros({1}), tensor(std::sqrt(0.5))};
  const Tensor x = tensor({1.3});
  CHECK(line.log_px(x).item() == Approx(-1.6850044206).epsilon(0).margin(5e-11));
  CHECK(line.posterior(x).loc.item() == Approx(1.3 / 1.5).epsilon(1e-14));
  CHECK(line.posterior(x).covariance().item() == Approx(1.0 / 3).epsilon(1e-14));
  const prob::Normal q(tensor({0.0}), tensor({1.0}), 1);
  CHECK(line.elbo(x, q).item() == Approx(-3.2623649429).epsilon(0).margin(5e-11));
  CHECK(line.gap(x, q).item() == Approx(1.5773605).epsilon(0).margin(5e-8));
}

TEST_CASE("ppca: log p(x) is the bound plus the gap, and the posterior closes it", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Ppca model = usual();
  Rng rng(2);
  for (int i = 0; i < 20; ++i) {
    const Tensor x = model.sample(rng, 5).x;
    const auto full = any_q(5, 3, rng);
    const prob::Normal diagonal(rng.normal({5, 3}), exp(rng.normal({3})), 1);
    const Tensor log_px = model.log_px(x);
    CHECK(max(abs(model.elbo(x, full) + model.gap(x, full) - log_px)).item() < 1e-10);
    CHECK(max(abs(model.elbo(x, diagonal) + model.gap(x, diagonal) - log_px)).item() < 1e-10);
    CHECK(max(abs(model.elbo(x, model.posterior(x)) - log_px)).item() < 1e-10);
  }
}

TEST_CASE("ppca: the bound is the mean of its samples", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Ppca model = usual();
  Rng rng(3);
  const Tensor x = model.sample(rng, 2).x;
  const auto q = any_q(2, 3, rng);
  const Tensor z = q.sample(rng, {40000});
  const auto sampled = prob::estimate(model.log_joint(x, z) - q.log_prob(z));
  CHECK(max(abs(sampled.mean - model.elbo(x, q)) / sampled.standard_error).item() < 4.5);
}

TEST_CASE("ppca: the best diagonal q leaves the gap of the correlations", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const std::array<std::array<double, 2>, 3> known{
      {{0.5, 0.1438410}, {0.9, 0.8303656}, {0.99, 1.9585178}}};
  for (const auto& [rho, gap] : known) {
    const Ppca model = with_correlation(rho);
    const Tensor x = tensor({0.3, -0.7});
    const prob::Normal best = model.best_diagonal(x);
    CHECK(model.gap(x, best).item() == Approx(gap).epsilon(0).margin(5e-8));
    for (const double factor : {0.9, 1.1})
      CHECK(model.gap(x, prob::Normal(best.loc, factor * best.scale, 1)).item() > gap + 1e-3);
  }
}

TEST_CASE("ppca: evidence, posterior and bound have gradients", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  Rng rng(4);
  const Ppca model = Ppca::random(4, 2, 0.6, rng);
  const std::array inputs{model.weight,       model.mean,         model.sigma,
                          rng.normal({3, 4}), rng.normal({3, 2}), tensor({0.5, 0.8})};
  test::expect_grad(
      [](auto in) {
        const Ppca of{in[0], in[1], in[2]};
        const prob::Normal q(in[4], in[5], 1);
        return of.log_px(in[3]) + of.elbo(in[3], q) + of.posterior(in[3]).log_prob(in[4]);
      },
      inputs);
}

TEST_CASE("ppca: samples have the mean and covariance of p(x)", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Ppca model = usual();
  Rng rng(6);
  const auto [z, x] = model.sample(rng, 50000);
  const Tensor away = x - model.mean;
  const Tensor products = reshape(away, {50000, 10, 1}) * reshape(away, {50000, 1, 10});
  const auto mean_of = prob::estimate(x), covariance = prob::estimate(products);
  // 110 comparisons: beyond 5 standard errors once in 16000 runs, and the seed is fixed.
  CHECK(max(abs(mean_of.mean - model.mean) / mean_of.standard_error).item() < 5);
  CHECK(
      max(abs(covariance.mean - model.evidence().covariance()) / covariance.standard_error).item() <
      5);
}

TEST_CASE("ppca: the fit is the most likely model, with the mean log p(x) it says",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const Ppca truth = usual();
  Rng rng(7);
  const Tensor x = truth.sample(rng, 500).x;
  const auto fit = fit_ppca(x, 3);
  CHECK(mean(fit.model.log_px(x)).item() == Approx(fit.log_px).epsilon(1e-12));
  CHECK(fit.log_px > mean(truth.log_px(x)).item());
  // Columns are orthogonal, with |W_k|^2 + sigma^2 = eigenvalue k.
  const Tensor wtw = matmul(fit.model.weight, fit.model.weight, {.transpose_left = true});
  const Tensor expected = slice(fit.eigenvalues, 0, 0, 3) - square(fit.model.sigma);
  CHECK(max(abs(wtw - expected * eye(3))).item() < 1e-11);
  CHECK(square(fit.model.sigma).item() ==
        Approx(mean(slice(fit.eigenvalues, 0, 3, 10)).item()).epsilon(1e-13));
  // No direction leads up: the gradient of the mean log-likelihood is zero.
  Tape tape;
  const Ppca at{tape.watch(fit.model.weight), tape.watch(fit.model.mean),
                tape.watch(fit.model.sigma)};
  tape.backward(mean(at.log_px(x)));
  for (const Tensor& leaf : {at.weight, at.mean, at.sigma})
    CHECK(max(abs(tape.grad(leaf))).item() < 1e-10);
}

TEST_CASE("ppca: the fit comes near the truth with much data", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const Ppca truth = usual();
  Rng rng(8);
  const auto fit = fit_ppca(truth.sample(rng, 50000).x, 3);
  CHECK(fit.model.sigma.item() == Approx(0.5).epsilon(0.01));
  const Tensor cov = truth.evidence().covariance(), found = fit.model.evidence().covariance();
  CHECK(max(abs(cov - found)).item() < 0.05 * max(abs(cov)).item());
}

TEST_CASE("ppca: data that cannot be fitted is refused", "[vae][exact]") {
  Rng rng(9);
  const Tensor x = rng.normal({20, 4});
  CHECK(test::throws_with<ConfigError>([&] { fit_ppca(x, 4); }, "1 to 3 latents"));
  CHECK(test::throws_with<ShapeError>([&] { fit_ppca(rng.normal({20}), 1); }, "[20]"));
  const Tensor flat = rng.normal({20, 1}) * tensor({1, 2, 3});
  CHECK(test::throws_with<DomainError>([&] { fit_ppca(flat, 1); }, "fewer latents"));
}
