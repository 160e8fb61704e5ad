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
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/inference/em.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::NormalMixture;

namespace {

/// The top that Adam reaches from `start` on log p itself, in nats.
double climb_by_gradient(const NormalMixture& start, const Tensor& x, int steps) {
  Parameter logits("logits", start.logits), means("means", start.loc),
      log_scales("log_scales", log(start.scale));
  const auto log_p = [&] {
    return sum(NormalMixture{logits * 1.0, means * 1.0, exp(log_scales)}.log_px(x));
  };
  support::climb({&logits, &means, &log_scales}, log_p,
                 {.steps = steps, .rate = 0.02, .shrink = 1e-4});
  return log_p().item();
}

void program(Concept& c) {
  Rng rng = c.rng("data");
  const NormalMixture truth{log(tensor({0.6, 0.4})), tensor({-2, 2}), tensor({0.8, 1.2})};
  const Tensor x = truth.sample(rng, c.choose(500, 200)).x;
  const auto bound = [&](const NormalMixture& theta, const Tensor& log_q) {
    return sum(theta.elbo(x, log_q)).item();
  };

  // From any q and any theta, neither step lowers the bound, and no q lifts it over log p.
  double worst_e = INFINITY, worst_m = INFINITY, above = -INFINITY;
  const int starts = c.choose(1000, 100);
  for (int i = 0; i < starts; ++i) {
    const Tensor log_q = log_softmax(2.0 * rng.normal({x.size(), 2}));
    const NormalMixture theta{rng.normal({2}), 2.0 * rng.normal({2}), exp(rng.normal({2}))};
    const double before = bound(theta, log_q);
    const Tensor better = c.broken("no_e_step") ? log_q : theta.log_posterior(x);
    worst_e = std::min(worst_e, bound(theta, better) - before);
    worst_m = std::min(worst_m, bound(vae::maximization_step(x, exp(log_q)), log_q) - before);
    above = std::max(above, before - sum(theta.log_px(x)).item());
  }
  c.at_least("smallest gain of an E-step at fixed theta, nats", worst_e, 1e-3);
  c.at_least("smallest gain of an M-step at fixed q, nats", worst_m, 1e-3);
  c.at_most("largest ELBO - log p for a random q, nats", above, 0);

  // By turns from one start: the bound after each half step, and the top.
  const NormalMixture start{zeros({2}), tensor({-0.5, 0.5}), tensor({1.5, 1.5})};
  NormalMixture theta = start;
  Tensor log_q;
  std::vector<double> at, bounds, tops;
  double worst_touch = 0;
  for (int step = 0; step < 2000; ++step) {
    if (!c.broken("no_e_step") || step == 0) log_q = theta.log_posterior(x);
    const double touch = bound(theta, log_q), before = sum(theta.log_px(x)).item();
    worst_touch = std::max(worst_touch, before - touch);
    if (!c.broken("m_step_forgotten")) theta = vae::maximization_step(x, exp(log_q));
    if (step < 1 || step > 10) continue;  // the picture shows ten steps after the first leap
    at.insert(at.end(), {static_cast<double>(step), step + 0.5});
    bounds.insert(bounds.end(), {touch, bound(theta, log_q)});
    tops.insert(tops.end(), {before, sum(theta.log_px(x)).item()});
  }
  c.identity("largest log p - ELBO after an E-step, nats", worst_touch, 0, 1e-10);
  const double top = sum(theta.log_px(x)).item();
  c.identity("top of EM - top of gradient ascent, nats",
             top - climb_by_gradient(start, x, c.choose(10000, 4000)), 0, 1e-6);
  c.draw({Plot("E-steps lift the bound to log p, M-steps lift both", "step", "nats")
              .line("log p", at, tops)
              .line("ELBO", at, bounds)
              .key("bottom right")});
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
