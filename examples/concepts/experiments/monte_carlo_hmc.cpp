// monte_carlo_hmc: Hamiltonian Monte Carlo samples the posterior, and EM can live on its samples
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
#include "support/concept.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/inference/hmc.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

/// Chains are independent, draws of one chain are not: the mean of each chain is one number.
prob::Estimate over_chains(const Tensor& values) { return prob::estimate(mean(values, 0)); }

/// Coordinate k of z [..., 2].
Tensor coordinate(const Tensor& z, int k) {
  return reshape(slice(z, -1, k, k + 1), z.shape().without(-1));
}

void line(Concept& c) {
  const Line model = Line::example();
  const Tensor x = tensor(kLineX);
  Rng rng = c.rng("line");
  const auto log_density = [&](const Tensor& z) {
    return c.broken("forgotten_prior") ? model.likelihood(z).log_prob(x) : model.log_joint(x, z);
  };
  const vae::HmcResult chain = vae::hmc(log_density, zeros({c.choose(200, 50)}), rng,
                                        {.samples = c.choose(400, 150), .warmup = 200});
  const Tensor off = chain.samples - model.posterior(x).loc;
  c.monte_carlo("line: mean - posterior mean 0.8667", over_chains(off), 0, 0.02);
  c.monte_carlo("line: variance", over_chains(square(off)), 1.0 / 3, 0.02);
  c.within("line: acceptance", chain.acceptance, 0.6, 0.95);
}

Plot plane(Concept& c) {
  const Ppca model{tensor({{1.2, 0.9}, {0.8, 1.1}, {0.1, -0.3}}), zeros({3}), tensor(0.8)};
  const Tensor x = tensor({1.0, 1.4, -0.5});
  const prob::MultivariateNormal posterior = model.posterior(x);
  const auto log_joint = [&](const Tensor& z) { return model.log_joint(x, z); };
  Rng rng = c.rng("plane");

  // There and back: a negated momentum runs the film backwards.
  const vae::Phase start{rng.normal({50, 2}), rng.normal({50, 2})};
  const auto [z, r] = vae::leapfrog(log_joint, start, 0.2, 25);
  const vae::Phase back =
      vae::leapfrog(log_joint, {z, c.broken("momentum_kept") ? r : -r}, 0.2, 25);
  c.identity("leapfrog there and back: distance from the start",
             max(abs(back.position - start.position)).item(), 0, 1e-10);

  const vae::HmcResult chain = vae::hmc(log_joint, zeros({c.choose(200, 50), 2}), rng,
                                        {.samples = c.choose(400, 150), .warmup = 200});
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

  // One chain, over the ellipses of 1 and 2 standard deviations of the posterior.
  Plot plot("one chain over the exact posterior", "z_1", "z_2");
  const auto show = [](auto&& draw, const Tensor& at) {
    draw(coordinate(at, 0).to_vector(), coordinate(at, 1).to_vector());
  };
  const Tensor one = reshape(slice(chain.samples, 1, 0, 1), {-1, 2});
  show([&](auto a, auto b) { plot.dots("400 draws", a, b); }, one);
  show([&](auto a, auto b) { plot.line("the first ten", a, b); }, slice(one, 0, 0, 10));
  const Tensor angle = tensor(support::grid(0, 2 * std::numbers::pi, 80), {80});
  const Tensor circle = stack({cos(angle), sin(angle)}, 1);
  for (const double radius : {1.0, 2.0}) {
    const Tensor ellipse = radius * matmul(circle, posterior.scale_tril, {.transpose_right = true});
    show([&](auto a, auto b) { plot.dashed(fmt::format("{} s.d., exact", radius), a, b); },
         posterior.loc + ellipse);
  }
  return plot.x_range(-2, 3).y_range(-2, 3).key("bottom left");
}

/// Monte Carlo EM for the slope w of the line. The E-step is a chain for each datum; the M-step is
/// regression on its draws: w = sum_n x_n E[z_n] / sum_n E[z_n^2].
Plot expectation_maximization(Concept& c) {
  const std::int64_t copies = 20, n = c.choose(50, 20);
  Rng rng = c.rng("em");
  const Tensor x = Line{tensor(1.5), tensor(0.7)}.sample(rng, n).x;
  const Tensor xs = broadcast_to(x, {copies, n});  // 20 E-steps side by side, for the error
  const double best = std::sqrt(mean(square(x)).item() - 0.49);  // where p(x) is most likely

  Line model{tensor(0.4), tensor(0.7)};
  std::vector<double> step{0}, sampled{0.4}, exact;
  prob::Estimate w{};
  for (int t = 1; t <= 15; ++t) {
    const auto log_joint = [&](const Tensor& z) {
      return reshape(model.log_joint(xs, reshape(z, {copies, n})), {-1});
    };
    const vae::HmcResult chain =
        vae::hmc(log_joint, zeros({copies * n}), rng,
                 {.samples = c.choose(100, 40), .warmup = 40, .leapfrog_steps = 5});
    const Tensor z = reshape(chain.samples, {-1, copies, n}), e_z = mean(z, 0);
    const Tensor e_z2 = c.broken("no_spread") ? square(e_z) : mean(square(z), 0);
    w = prob::estimate(sum(xs * e_z, 1) / sum(e_z2, 1));

    const prob::Normal q = model.posterior(x);  // the same step, exact
    exact.push_back((sum(x * q.loc) / sum(square(q.loc) + q.variance())).item());
    model.w = w.mean;
    step.push_back(t), sampled.push_back(w.mean.item());
  }
  c.monte_carlo("EM: last M-step from draws against the exact one", w, exact.back(), 0.02);
  c.within("EM: slope after 15 steps / the most likely slope", w.mean.item() / best, 0.97, 1.03);
  return Plot("EM on draws takes the steps of exact EM", "step", "slope w")
      .dashed("most likely w", {0, 15}, {best, best})
      .line("Monte Carlo EM", step, sampled)
      .points("exact step from there", {step.begin() + 1, step.end()}, exact)
      .key("bottom right");
}

void program(Concept& c) {
  line(c);
  const Plot left = plane(c), right = expectation_maximization(c);
  c.draw({left, right});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C65",
       .title = "Hamiltonian Monte Carlo and Monte Carlo EM",
       .source = "AEVB notes S1, by reference",
       .mutants = {{"forgotten_prior", "the chain samples the likelihood, without the prior"},
                   {"momentum_kept", "the way back starts without turning the momentum round"},
                   {"no_spread", "the M-step takes E[z]^2 for E[z^2]: one point for each datum"}}},
      program);
}
