#include "vae/bounds/levels.hpp"

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/catch.hpp"
#include "vae/bounds/importance.hpp"

using namespace tapestry;
using prob::Normal;

// z2 ~ N(0, 1), z1 ~ N(z2, 1), x ~ N(z1, 1) and a posterior that is not the right one: log p(x) = log N(x; 0, 3).
TEST_CASE("levels: the bound is the mean of the log weights, and they average to p(x)",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const std::int64_t n = 100000;
  const Tensor x = full({n, 1}, 1.5);
  Rng rng(1);
  const Normal q2(full({n, 1}, 0.4), 0.9, 1);
  const Tensor z2 = q2.rsample(rng);
  const Normal q1(0.5 * z2 + 0.6, 0.8, 1);
  const std::vector<vae::Level> levels{{q1, Normal(z2, 1.0, 1), q1.rsample(rng)},
                                       {q2, Normal(zeros({1}), 1.0, 1), z2}};
  const Tensor log_lik = Normal(levels[0].z, 1.0, 1).log_prob(x);
  const vae::ElboTerms terms = vae::elbo(levels, log_lik);
  REQUIRE(terms.kl.groups().size() == 2);
  CHECK(terms.kl.groups()[1].name == "z2");
  const Tensor log_w = vae::log_weight(levels, log_lik);
  const prob::Estimate off = prob::estimate(terms.elbo() - log_w);
  CHECK(std::fabs(off.mean.item()) < 5 * off.standard_error.item());
  const vae::LogPx estimate = vae::log_px(log_w);
  const double exact = Normal(0.0, std::sqrt(3.0)).log_prob(tensor(1.5)).item();
  CHECK(std::fabs(estimate.log_px.item() - exact) < 5 * estimate.se.item());
  CHECK(estimate.se.item() < 0.01);
}

// q(z1) = N(0, 1), q(z2|z1) = N(z1, .5^2) against p(z1|z2) = N(z2, .5^2), p(z2) = N(0, 1): the KL of both is 1/8.
TEST_CASE("levels: a posterior from the bottom up has its KL at the draws, not in closed form",
          "[vae][statistical]") {
  const DTypeScope f64(DType::f64);
  const std::int64_t n = 100000;
  Rng rng(2);
  const Normal q1(zeros({n, 1}), 1.0, 1);
  const Tensor z1 = q1.rsample(rng);
  const Normal q2(z1, 0.5, 1);
  const Tensor z2 = q2.rsample(rng);
  const std::vector<vae::Level> levels{{q1, Normal(z2, 0.5, 1), z1},
                                       {q2, Normal(zeros({1}), 1.0, 1), z2}};
  const prob::Estimate kl = prob::estimate(vae::elbo_at_draws(levels, zeros({n})).kl.total());
  CHECK(std::fabs(kl.mean.item() - 0.125) < 5 * kl.standard_error.item());
  CHECK(kl.standard_error.item() < 0.01);
  CHECK(mean(vae::elbo(levels, zeros({n})).kl.total()).item() > 4);
}
