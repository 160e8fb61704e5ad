// monte_carlo_em: EM whose E-step is a Markov chain for each datum
// C65, AEVB notes S1 (the Monte Carlo EM that the paper compares with)
//
//     E-step: draws z of p(z | x_n), for every n         M-step: w = sum_n x_n E[z_n] / sum_n E[z_n^2]
//
// This is the line of F1 with an unknown slope, whose M-step is regression on the draws. Exact EM is
// known too, so each step can be compared. Every step needs a chain for each datum: with 60,000 images
// this is why the paper trains an encoder instead.
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/line.hpp"
#include "vae/inference/hmc.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Line;

namespace {

// --- model

/// E[z_n] and E[z_n^2] of each datum, [copies, N].
struct Moments {
  Tensor of_z, of_square;
};

/// From draws z [draws, copies, N].
Moments moments(const Tensor& z) { return {mean(z, 0), mean(square(z), 0)}; }

/// The M-step: regression of x on z, for each copy.
Tensor slope(const Tensor& x, const Moments& z) {
  return sum(x * z.of_z, -1) / sum(z.of_square, -1);
}

// --- wrong versions

Moments moments_of_a_point(const Tensor& z) { return {mean(z, 0), square(mean(z, 0))}; }

// --- claims

/// The slope after each step, by draws, and by the exact step from the one before.
struct Path {
  std::vector<double> step{0}, sampled{0.4}, exact = {};
  double best;  ///< where p(x) is most likely
};

Path claims(Concept& c, const auto& expect) {
  const std::int64_t copies = 20, n = c.choose(50, 20);
  Rng rng = c.rng("em");
  const Tensor x = Line{tensor(1.5), tensor(0.7)}.sample(rng, n).x;
  const Tensor xs = broadcast_to(x, {copies, n});  // 20 E-steps side by side, for the error
  Path path{.best = std::sqrt(mean(square(x)).item() - 0.49)};

  Line model{tensor(0.4), tensor(0.7)};
  prob::Estimate w{};
  for (int t = 1; t <= 15; ++t) {
    const auto log_joint = [&](const Tensor& z) {
      return reshape(model.log_joint(xs, reshape(z, {copies, n})), {-1});
    };
    const vae::HmcResult chain =
        vae::hmc(log_joint, zeros({copies * n}), rng,
                 {.samples = c.choose(100, 40), .warmup = 40, .leapfrog_steps = 5});
    w = prob::estimate(slope(xs, expect(reshape(chain.samples, {-1, copies, n}))));
    const prob::Normal q = model.posterior(x);  // the same step, exact
    path.exact.push_back(slope(x, {q.loc, square(q.loc) + q.variance()}).item());
    model.w = w.mean;
    path.step.push_back(t), path.sampled.push_back(w.mean.item());
  }
  c.monte_carlo("EM: last M-step from draws against the exact one", w, path.exact.back(), 0.02);
  c.within("EM: slope after 15 steps / the most likely slope", w.mean.item() / path.best, 0.97,
           1.03);
  return path;
}

// --- picture

std::vector<Plot> picture(const Path& of) {
  return {Plot("EM on draws takes the steps of exact EM", "step", "slope w")
              .dashed("most likely w", {0, 15}, {of.best, of.best})
              .line("Monte Carlo EM", of.step, of.sampled)
              .points("exact step from there", {of.step.begin() + 1, of.step.end()}, of.exact)
              .key("bottom right")};
}

// --- program

void program(Concept& c) {
  const auto expect = c.broken("no_spread") ? moments_of_a_point : moments;
  c.draw(picture(claims(c, expect)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C65",
       .title = "Monte Carlo EM on the draws of Hamiltonian chains",
       .source = "AEVB notes S1, by reference",
       .mutants = {{"no_spread", "the M-step takes E[z]^2 for E[z^2]: one point for each datum"}}},
      program);
}
