// missed_modes: weights that look even, and an estimate of log p(x) that is nats too low
// C63, AEVB notes S1 (experiments, marginal likelihood), UDL equation 17.28
//
//     log p(x) ~ log of the mean of p(x, z_k) / s(z_k), z_k from s       s: the normal of a short chain
//
// The estimate has no bias in p(x), but what s hardly ever draws it hardly ever counts. Where p(z|x) has
// several tops, a chain stays on the one where it began: among its samples the weights are even, the
// effective sample size is high, and the other tops are missed. The cure is a second proposal, here the
// encoder's q(z|x), which spreads over all of them: s = 1/2 chain + 1/2 q.
#include <cmath>

#include "autograd/ops.hpp"
#include "concepts/experiments/missed_modes.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

prob::MultivariateNormal narrow_chain(Model& model, const Tensor& x, Rng& rng) {
  const prob::MultivariateNormal right = chain(model, x, rng);
  return {right.loc, 0.2 * right.scale_tril};
}

vae::LogPx by_chain(Model& model, const Tensor& x, Rng& rng) {
  const prob::MultivariateNormal s = chain(model, x, rng);
  const Tensor z = s.sample(rng, {100});
  return vae::log_px(support::log_joint(model, x, z) - s.log_prob(z));
}

/// The densities are added, and not divided by 2.
vae::LogPx by_sum(Model& model, const Tensor& x, Rng& rng) {
  vae::LogPx e = by_both(model, x, rng);
  e.log_px = e.log_px - std::log(2.0);
  return e;
}

Tensor reconstruction(const vae::ElboTerms& terms) { return terms.log_lik; }

// --- claims

/// The share of the x whose estimate is more than a nat too low.
double share_low(const Tensor& log_px, const Tensor& exact) {
  return mean(where(less(log_px, exact - 1.0), 1.0, zeros_like(exact))).item();
}

/// One top: the proposal has the mean and twice the covariance of p(z|x), and all is well.
void claims_of_one_top(Concept& c, Rng& rng, const auto& explore, const auto& estimate) {
  LinearVae linear(c.rng("model"));
  const Tensor x = linear.model.sample(rng, 200).x;
  const prob::MultivariateNormal known = linear.model.posterior(x), s = explore(linear, x, rng);
  c.within("PPCA: variance of the chain's normal / of p(z|x)",
           mean(s.variance() / known.variance()).item(), 1.6, 2.3);
  c.within("PPCA: log p(x) of 100 samples - exact, mean in nats",
           mean(estimate(linear, x, rng).log_px - linear.model.log_px(x)).item(), -0.04, 0.02);
}

/// log p(x) of each x, exact and estimated.
struct Estimates {
  Tensor exact, alone, both;
};

Estimates claims_of_several_tops(Concept& c, Rng& rng, const auto& explore, const auto& estimate,
                                 const auto& bound_of) {
  CurveVae curved;
  const std::int64_t n = c.choose(1000, 400);
  const Tensor x = curved.curve.sample(rng, n).x, exact = curved.curve.log_px(x);
  const prob::MultivariateNormal s = explore(curved, x, rng);
  const Tensor z = s.sample(rng, {100});
  const auto alone = vae::log_px(support::log_joint(curved, x, z) - s.log_prob(z));
  const Tensor both = estimate(curved, x, rng).log_px;
  c.at_least("chain alone: effective samples of 100, mean", mean(alone.ess).item(), 40);
  c.within("chain alone: share of the x that are a nat too low", share_low(alone.log_px, exact),
           0.02, 0.3);
  c.at_most("chain and encoder: share of the x that are a nat too low", share_low(both, exact),
            0.005);
  c.within("chain and encoder: log p(x) - exact, mean in nats", mean(both - exact).item(), -0.05,
           0.03);
  // What gives a missed top away without knowing log p(x): it is below its own bound.
  const Tensor elbo = bound_of(vae::elbo(curved, x, rng, {.samples = 100}));
  c.at_least("chain and encoder: log p(x) - bound, least of all x", -max(elbo - both).item(), -1);
  return {exact, alone.log_px, both};
}

// --- picture

std::vector<Plot> picture(const Estimates& of) {
  const auto panel = [&](const std::string& title, const Tensor& estimate) {
    return Plot(title, "log p(x), exact", "estimate, nats")
        .dots("an x", of.exact.to_vector(), estimate.to_vector())
        .line("exact", {-9, 0}, {-9, 0})
        .key("top left");
  };
  return {panel("100 samples of the chain's normal", of.alone),
          panel("half of them of the encoder", of.both)};
}

// --- program

void program(Concept& c) {
  const auto explore = c.broken("narrow_chain") ? narrow_chain : chain;
  const auto estimate = c.broken("chain_alone")  ? by_chain
                        : c.broken("both_added") ? by_sum
                                                 : by_both;
  const auto bound_of = c.broken("no_kl") ? reconstruction : bound;
  Rng rng = c.rng("chains");
  claims_of_one_top(c, rng, explore, estimate);
  c.draw(picture(claims_of_several_tops(c, rng, explore, estimate, bound_of)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C63",
       .title = "A proposal that misses a top of p(z|x)",
       .source = "AEVB notes S1, experiments; UDL equation 17.28; models F2 and F3",
       .mutants = {{"chain_alone", "no encoder among the proposals"},
                   {"both_added", "the mixture of the two proposals has a mass of 2"},
                   {"narrow_chain", "the chain's normal has a fifth of its width"},
                   {"no_kl", "the reconstruction alone is called the bound"}}},
      program);
}
