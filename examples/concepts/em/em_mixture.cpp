// em_mixture: EM for a mixture climbs the log-likelihood and ends where its gradient vanishes
// C60, UDL problem 17.7 and figure 17.15
//
//     E-step:  q_nk = lambda_k N(x_n | mu_k, sigma_k^2) / sum_j lambda_j N(x_n | mu_j, sigma_j^2)
//     M-step:  lambda_k = sum_n q_nk / N      mu_k, sigma_k^2 = mean, variance of x weighted by q_nk
//
// The weights come from a Lagrange multiplier nu for sum_k lambda_k = 1: where EM stops, the
// derivative of the log-likelihood by every lambda_k is the same number, -nu = N.
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "support/concept/concept.hpp"
#include "vae/inference/em.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::NormalMixture;

namespace {

// --- model

/// log q of the E-step.
Tensor expect(const NormalMixture& mixture, const Tensor& x) { return mixture.log_posterior(x); }

NormalMixture maximize(const NormalMixture& /*before*/, const Tensor& x, const Tensor& log_q) {
  return vae::maximization_step(x, exp(log_q));
}

// --- wrong versions

Tensor expect_without_weights(const NormalMixture& mixture, const Tensor& x) {
  return log_softmax(mixture.log_joint(x) - mixture.logits);
}

NormalMixture maximize_but_weights(const NormalMixture& before, const Tensor& x,
                                   const Tensor& log_q) {
  NormalMixture after = maximize(before, x, log_q);
  after.logits = before.logits;
  return after;
}

// --- claims

/// Many starts: no step may lose likelihood, and after an E-step the bound touches it.
void claims_of_steps(Concept& c, const Tensor& x, Rng& rng, const auto& E, const auto& M) {
  double worst_step = INFINITY, worst_touch = 0, worst_sum = 0;
  const int starts = c.choose(200, 30), steps = 30;
  for (int start = 0; start < starts; ++start) {
    NormalMixture mixture{zeros({3}), 3.0 * rng.normal({3}), ones({3})};
    double before = sum(mixture.log_px(x)).item();
    for (int step = 0; step < steps; ++step) {
      const Tensor log_q = E(mixture, x);
      worst_touch = std::max(worst_touch, std::abs(sum(mixture.elbo(x, log_q)).item() - before));
      mixture = M(mixture, x, log_q);
      worst_sum = std::max(worst_sum, std::abs(sum(mixture.weights()).item() - 1));
      const double after = sum(mixture.log_px(x)).item();
      worst_step = std::min(worst_step, after - before);
      before = after;
    }
  }
  c.at_least(fmt::format("smallest gain of {} steps, nats", starts * steps), worst_step, -1e-10);
  c.identity("largest |ELBO - log p| after an E-step, nats", worst_touch, 0, 1e-10);
  c.identity("largest |sum of weights - 1|", worst_sum, 0, 1e-12);
}

/// Where it stops, the gradient of the Lagrangian is zero.
void claims_of_end(Concept& c, const Tensor& x, const NormalMixture& end) {
  Tape tape;
  const Tensor lambda = tape.watch(end.weights()), mu = tape.watch(end.loc),
               sigma = tape.watch(end.scale);
  const Tensor density = prob::Normal(mu, sigma).log_prob(reshape(x, {-1, 1}));
  tape.backward(sum(logsumexp(log(lambda) + density, -1)));
  const auto largest = [](const Tensor& t) { return max(abs(t)).item(); };
  c.identity("d log p / d lambda_k / N, furthest from 1",
             largest(tape.grad(lambda) / static_cast<double>(x.size()) - 1.0), 0, 1e-8);
  c.identity("d log p / d mu_k, largest", largest(tape.grad(mu)), 0, 1e-8);
  c.identity("d log p / d sigma_k, largest", largest(tape.grad(sigma)), 0, 1e-8);
}

// --- picture

/// One free mean, everything else as it is: each E-step gives a bound below the curve that touches
/// it, and the M-step goes to the bound's top.
std::vector<Plot> picture(const Tensor& x, const NormalMixture& end) {
  const std::vector<double> means = end.loc.to_vector();
  const auto moved = [&](double m) {
    return NormalMixture{end.logits, tensor({means[0], m, means[2]}), end.scale};
  };
  const std::vector<double> grid = support::grid(-1, 2, 121);
  Plot plot("each bound touches log p and has its top further right", "mean of the second part",
            "nats");
  plot.line("log p", grid,
            support::each(grid, [&](double m) { return sum(moved(m).log_px(x)).item(); }));
  double at = -0.8;
  for (int step = 1; step <= 3; ++step) {
    const Tensor log_q = expect(moved(at), x);
    plot.dashed(fmt::format("bound {}", step), grid,
                support::each(grid, [&](double m) { return sum(moved(m).elbo(x, log_q)).item(); }));
    at = maximize(moved(at), x, log_q).loc.to_vector()[1];
  }
  const double top = sum(end.log_px(x)).item(), n = static_cast<double>(x.size());
  return {plot.y_range(top - 0.5 * n, top + 0.05 * n).key("top left")};
}

// --- program

void program(Concept& c) {
  const auto E = c.broken("weights_left_out") ? expect_without_weights : expect;
  const auto M = c.broken("weights_kept") ? maximize_but_weights : maximize;
  Rng rng = c.rng("data");
  const NormalMixture truth{log(tensor({0.5, 0.3, 0.2})), tensor({-3, 0.5, 4}),
                            tensor({0.8, 0.6, 1})};
  const Tensor x = truth.sample(rng, c.choose(500, 200)).x;
  claims_of_steps(c, x, rng, E, M);
  NormalMixture end = truth;
  for (int step = 0; step < 2000; ++step) end = M(end, x, E(end, x));
  claims_of_end(c, x, end);
  c.draw(picture(x, end));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C60",
       .title = "Expectation maximisation for a mixture of three normals",
       .source = "UDL problem 17.7 and figure 17.15",
       .mutants = {{"weights_kept", "the M-step forgets the weights"},
                   {"weights_left_out", "the E-step compares densities without their weights"}}},
      program);
}
