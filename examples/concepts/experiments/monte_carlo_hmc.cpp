// monte_carlo_hmc: Hamiltonian Monte Carlo samples the posterior from log p(x, z) alone
// C65, AEVB notes S1 (the Monte Carlo EM that the paper compares with)
//
//     leapfrog:  r += e/2 grad log p(x, z);   z += e r;   r += e/2 grad log p(x, z)
//     accepted with probability min(1, exp(H before - H after)),   H = -log p(x, z) + |r|^2 / 2
//
// No q and no bound: only log p(x, z) and its gradient are needed, for p(x) cancels. The price is a
// chain for each x, in each step of learning: this is why the paper trains an encoder instead.
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/inference/hmc.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// log p(x, z): all that the chain needs to know.
Tensor log_joint(const Line& model, const Tensor& x, const Tensor& z) {
  return model.log_joint(x, z);
}

/// Where a path ends, and from there the way back: with a negated momentum the film runs backwards.
vae::PhasePoint turned(const vae::PhasePoint& end) { return {end.position, -end.momentum}; }

// --- wrong versions

Tensor log_likelihood(const Line& model, const Tensor& x, const Tensor& z) {
  return model.likelihood(z).log_prob(x);
}

vae::PhasePoint not_turned(const vae::PhasePoint& end) { return end; }

// --- claims

/// Chains are independent, draws of one chain are not: the mean of each chain is one number.
prob::Estimate over_chains(const Tensor& values) { return prob::estimate(mean(values, 0)); }

/// Coordinate k of z [..., 2].
Tensor coordinate(const Tensor& z, int k) {
  return reshape(slice(z, -1, k, k + 1), z.shape().without(-1));
}

void claims_of_line(Concept& c, const auto& log_p) {
  const Line model = Line::example();
  const Tensor x = tensor(kLineX);
  Rng rng = c.rng("line");
  const vae::HmcResult chain =
      vae::hmc([&](const Tensor& z) { return log_p(model, x, z); }, zeros({200}), rng,
               {.samples = c.choose(400, 150), .warmup = 200});
  const Tensor off = chain.samples - model.posterior(x).loc;
  c.monte_carlo("line: mean - posterior mean 0.8667", over_chains(off), 0, 0.02);
  c.monte_carlo("line: variance", over_chains(square(off)), 1.0 / 3, 0.02);
  c.within("line: acceptance", chain.acceptance, 0.6, 0.95);
}

/// The draws of 200 chains over the posterior of a plane, [draws, 200, 2].
Tensor claims_of_plane(Concept& c, const Ppca& model, const Tensor& x, const auto& turn) {
  const prob::MultivariateNormal posterior = model.posterior(x);
  const auto log_p = [&](const Tensor& z) { return model.log_joint(x, z); };
  Rng rng = c.rng("plane");
  const vae::PhasePoint start{rng.normal({50, 2}), rng.normal({50, 2})};
  const vae::PhasePoint back =
      vae::leapfrog(log_p, turn(vae::leapfrog(log_p, start, 0.2, 25)), 0.2, 25);
  c.identity("leapfrog there and back: distance from the start",
             max(abs(back.position - start.position)).item(), 0, 1e-10);

  const vae::HmcResult chain =
      vae::hmc(log_p, zeros({200, 2}), rng, {.samples = c.choose(400, 150), .warmup = 200});
  const Tensor off = chain.samples - posterior.loc;
  for (const int i : {0, 1}) {
    c.monte_carlo(fmt::format("plane: mean of z_{} - exact", i + 1),
                  over_chains(coordinate(off, i)), 0, 0.02);
    for (int j = 0; j <= i; ++j)
      c.monte_carlo(fmt::format("plane: covariance of z_{} and z_{}", i + 1, j + 1),
                    over_chains(coordinate(off, i) * coordinate(off, j)),
                    posterior.covariance().at({i, j}), 0.03);
  }
  c.within("plane: acceptance", chain.acceptance, 0.6, 0.95);
  return chain.samples;
}

// --- picture

/// One chain, over the ellipses of 1 and 2 standard deviations of the posterior.
std::vector<Plot> picture(const Tensor& draws, const prob::MultivariateNormal& posterior) {
  Plot plot("one chain over the exact posterior", "z_1", "z_2");
  const auto show = [](auto&& draw, const Tensor& at) {
    draw(coordinate(at, 0).to_vector(), coordinate(at, 1).to_vector());
  };
  const Tensor one = reshape(slice(draws, 1, 0, 1), {-1, 2});
  show([&](auto a, auto b) { plot.dots("400 draws", a, b); }, one);
  show([&](auto a, auto b) { plot.line("the first ten", a, b); }, slice(one, 0, 0, 10));
  const Tensor angle = tensor(support::grid(0, 2 * std::numbers::pi, 80), {80});
  const Tensor circle = stack({cos(angle), sin(angle)}, 1);
  for (const double radius : {1.0, 2.0}) {
    const Tensor ellipse = radius * matmul(circle, posterior.scale_tril, {.transpose_right = true});
    show([&](auto a, auto b) { plot.dashed(fmt::format("{} s.d., exact", radius), a, b); },
         posterior.loc + ellipse);
  }
  return {plot.x_range(-2, 3).y_range(-4, 3).key("bottom left")};
}

// --- program

void program(Concept& c) {
  const auto log_p = c.broken("forgotten_prior") ? log_likelihood : log_joint;
  const auto turn = c.broken("momentum_kept") ? not_turned : turned;
  claims_of_line(c, log_p);
  const Ppca model{tensor({{1.2, 0.9}, {0.8, 1.1}, {0.1, -0.3}}), zeros({3}), tensor(0.8)};
  const Tensor x = tensor({1.0, 1.4, -0.5});
  const Tensor draws = claims_of_plane(c, model, x, turn);
  c.draw(picture(draws, model.posterior(x)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C65",
       .title = "Hamiltonian Monte Carlo samples the exact posterior",
       .source = "AEVB notes S1, by reference",
       .mutants = {{"forgotten_prior", "the chain samples the likelihood, without the prior"},
                   {"momentum_kept", "the way back starts without turning the momentum round"}}},
      program);
}
