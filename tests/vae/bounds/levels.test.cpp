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
