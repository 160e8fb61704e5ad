// em_coordinate_ascent: EM is coordinate ascent on the ELBO, in q and in the parameters by turns
// C61, UDL figure 17.15
//
//     ELBO(q, theta) = sum_n sum_k q_nk (log p(x_n, k | theta) - log q_nk)
//     E-step: the best q for this theta, where ELBO = log p        M-step: the best theta for this q
//
// Gradient ascent on log p, on a scale where theta is free, climbs to the same top. A VAE makes both
// steps at once, each by a gradient, with a network in place of the table q.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/inference/em.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using Theta = vae::exact::NormalMixture;

namespace {

// --- model

/// ELBO(q, theta) of the data x, in nats.
double bound(const Theta& theta, const Tensor& x, const Tensor& log_q) {
  return sum(theta.elbo(x, log_q)).item();
}

/// log q of the best q for this theta.
Tensor e_step(const Theta& theta, const Tensor& x, const Tensor&) { return theta.log_posterior(x); }

/// The best theta for this q.
Theta m_step(const Theta&, const Tensor& x, const Tensor& log_q) {
  return vae::maximization_step(x, exp(log_q));
}

/// The top that Adam reaches from `start` on log p itself, in nats.
double climb_by_gradient(const Theta& start, const Tensor& x, int steps) {
  Parameter logits("logits", start.logits), means("means", start.loc),
      log_scales("log_scales", log(start.scale));
  const auto log_p = [&] {
    return sum(Theta{recorded(logits), recorded(means), exp(log_scales)}.log_px(x));
  };
  support::ascend({&logits, &means, &log_scales}, log_p,
                  {.steps = steps, .rate = 0.02, .shrink = 1e-4});
  return log_p().item();
}

// --- wrong versions

Tensor no_e_step(const Theta& theta, const Tensor& x, const Tensor& log_q) {
  return log_q.defined() ? log_q : theta.log_posterior(x);
}

Theta no_m_step(const Theta& theta, const Tensor&, const Tensor&) { return theta; }

// --- claims

/// From any q and any theta, neither step lowers the bound, and no q lifts it over log p.
void claims_of_steps(Concept& c, const Tensor& x, Rng& rng, const auto& E) {
  double worst_e = INFINITY, worst_m = INFINITY, above = -INFINITY;
  for (int i = 0; i < c.choose(1000, 100); ++i) {
    const Tensor log_q = log_softmax(2.0 * rng.normal({x.size(), 2}));
    const Theta theta{rng.normal({2}), 2.0 * rng.normal({2}), exp(rng.normal({2}))};
    const double before = bound(theta, x, log_q);
    worst_e = std::min(worst_e, bound(theta, x, E(theta, x, log_q)) - before);
    worst_m = std::min(worst_m, bound(m_step(theta, x, log_q), x, log_q) - before);
    above = std::max(above, before - sum(theta.log_px(x)).item());
  }
  c.at_least("smallest gain of an E-step at fixed theta, nats", worst_e, 1e-3);
  c.at_least("smallest gain of an M-step at fixed q, nats", worst_m, 1e-3);
  c.at_most("largest ELBO - log p for a random q, nats", above, 0);
}

struct Staircase {
  std::vector<double> at, bounds, tops;
};

/// By turns from one start: the bound and log p after each half step.
Staircase claims_of_turns(Concept& c, const Tensor& x, const auto& E, const auto& M) {
  const auto log_p = [&](const Theta& theta) { return sum(theta.log_px(x)).item(); };
  Theta theta{zeros({2}), tensor({-0.5, 0.5}), tensor({1.5, 1.5})}, early = theta;
  Tensor log_q;
  Staircase stairs;
  double worst_touch = 0;
  for (int step = 0; step < 2000; ++step) {
    log_q = E(theta, x, log_q);
    const double touch = bound(theta, x, log_q), before = log_p(theta);
    worst_touch = std::max(worst_touch, before - touch);
    theta = M(theta, x, log_q);
    if (step == 20) early = theta;
    if (step < 1 || step > 10) continue;  // the picture shows ten steps after the first leap
    stairs.at.insert(stairs.at.end(), {static_cast<double>(step), step + 0.5});
    stairs.bounds.insert(stairs.bounds.end(), {touch, bound(theta, x, log_q)});
    stairs.tops.insert(stairs.tops.end(), {before, log_p(theta)});
  }
  c.identity("largest log p - ELBO after an E-step, nats", worst_touch, 0, 1e-10);
  // There may be several tops: both go on from where EM is after a few steps.
  c.identity("top of EM - top of gradient ascent, nats",
             log_p(theta) - climb_by_gradient(early, x, c.choose(10000, 4000)), 0, 1e-6);
  return stairs;
}

// --- picture

std::vector<Plot> picture(const Staircase& of) {
  return {Plot("E-steps lift the bound to log p, M-steps lift both", "step", "nats")
              .line("log p", of.at, of.tops)
              .line("ELBO", of.at, of.bounds)
              .key("bottom right")};
}

// --- program

void program(Concept& c) {
  const auto E = c.broken("no_e_step") ? no_e_step : e_step;
  const auto M = c.broken("m_step_forgotten") ? no_m_step : m_step;
  Rng rng = c.rng("data");
  const Theta truth{log(tensor({0.6, 0.4})), tensor({-2, 2}), tensor({0.8, 1.2})};
  const Tensor x = truth.sample(rng, c.choose(500, 200)).x;
  claims_of_steps(c, x, rng, E);
  c.draw(picture(claims_of_turns(c, x, E, M)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C61",
       .title = "EM is coordinate ascent on the ELBO",
       .source = "UDL figure 17.15",
       .mutants = {{"no_e_step", "q stays as it was: the bound no longer touches log p"},
                   {"m_step_forgotten", "theta stays where it began"}}},
      program);
}
