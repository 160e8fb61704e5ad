#include "vae/exact/mixture.hpp"

#include <array>
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "support/expect_grad.hpp"
#include "support/thrown.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using vae::exact::NormalMixture;

TEST_CASE("mixture: two equal parts one apart have a posterior that is a logistic function",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const NormalMixture mixture{tensor({0.0, 0.0}), tensor({-0.5, 0.5}), tensor({1.0, 1.0})};
  const Tensor x = linspace(-3, 3, 13);
  // log N(x; 1/2) - log N(x; -1/2) = x
  const Tensor second = slice(mixture.responsibilities(x), -1, 1, 2);
  CHECK(max(abs(reshape(second, {13}) - sigmoid(x))).item() < 1e-14);
  CHECK(max(abs(sum(mixture.responsibilities(x), -1) - 1.0)).item() < 1e-14);
  // cosh pairs the two: p(x) = N(x; 0, 1) exp(-1/8) cosh(x/2)
  const Tensor known = prob::Normal(tensor(0.0), tensor(1.0)).log_prob(x) - 0.125 +
                       log(0.5 * (exp(0.5 * x) + exp(-0.5 * x)));
  CHECK(max(abs(mixture.log_px(x) - known)).item() < 1e-14);
}

TEST_CASE("mixture: the density integrates to one and has the moments it says", "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const NormalMixture mixture = NormalMixture::example();
  const vae::exact::Grid grid(-15, 15, 3000);
  const Tensor mass = exp(grid.log_mass(mixture.log_px(grid.points)));
  CHECK(sum(mass).item() == Approx(1).epsilon(1e-12));
  const Tensor mean = sum(mass * grid.points);
  CHECK(mean.item() == Approx(mixture.mean().item()).epsilon(1e-12));
  CHECK(sum(mass * square(grid.points - mean)).item() ==
        Approx(mixture.variance().item()).epsilon(1e-12));
  CHECK(mixture.mean().item() == Approx(0.3 * -2 + 0.5 * 1 + 0.2 * 2.5).epsilon(1e-14));
}

TEST_CASE("mixture: the bound is below log p(x) and touches it at the responsibilities",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const NormalMixture mixture = NormalMixture::example();
  Rng rng(1);
  const Tensor x = 2.0 * rng.normal({50});
  const Tensor best = mixture.elbo(x, mixture.log_posterior(x));
  CHECK(max(abs(best - mixture.log_px(x))).item() < 1e-12);
  const Tensor any = mixture.elbo(x, log_softmax(rng.normal({50, 3})));
  CHECK(max(any - mixture.log_px(x)).item() < 0);
  const std::string text = test::message<DomainError>([&] { mixture.elbo(x, zeros({50, 3})); });
  CHECK(text.find("exp(log_q)") != std::string::npos);
}

TEST_CASE("mixture: log p(x), responsibilities and bound have gradients in the parameters",
          "[vae][exact]") {
  const DTypeScope f64(DType::f64);
  const NormalMixture start = NormalMixture::example();
  const std::array inputs{start.logits, start.loc, start.scale, tensor({{0.1, 0.2, -0.3}})};
  test::expect_grad(
      [](auto in) {
        const NormalMixture mixture{in[0], in[1], in[2]};
        const Tensor x = tensor({-1.0, 0.5, 2.0});
        const Tensor bound = mixture.elbo(x, log_softmax(in[3]));
        return mixture.log_px(x) + bound + sum(square(mixture.responsibilities(x)), -1);
      },
      inputs);
}

TEST_CASE("mixture: samples come from all parts by their weights", "[vae][exact][statistical]") {
  const DTypeScope f64(DType::f64);
  const NormalMixture mixture = NormalMixture::example();
  Rng rng(2);
  const auto [z, x] = mixture.sample(rng, 100000);
  for (int k = 0; k < 3; ++k) {
    const Tensor in_k = equal(z.to(DType::f64), k).to(DType::f64);
    const double weight = mixture.weights().at({k}), loc = mixture.loc.at({k});
    const auto share = prob::estimate(in_k), spread = prob::estimate(in_k * square(x - loc));
    CHECK(std::fabs(share.mean.item() - weight) < 4.5 * share.standard_error.item());
    CHECK(std::fabs(spread.mean.item() - weight * std::pow(mixture.scale.at({k}), 2)) <
          4.5 * spread.standard_error.item());
  }
}
