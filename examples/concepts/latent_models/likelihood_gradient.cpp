// likelihood_gradient: with one latent a grid and the tape do maximum likelihood without any bound
// C26, UDL equations 17.8 and 17.9, notes S0, S1, S2, S3
//
//     log p(X) = sum_i log integral p(x_i|z) p(z) dz
//     grad log p(x) = integral p(z|x) grad log p(x, z) dz                    (Fisher's identity)
//
// The gradient of the logarithm of an integral is a mean over the posterior, and the posterior has
// the same integral in its denominator: this way the gradient is no easier than p(x) itself.
// One latent is the exception; intractable_likelihood counts what more of them cost.
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/optim/adam.hpp"
#include "support/concept.hpp"
#include "support/derivative.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Curve;
using vae::exact::Grid;

namespace {

/// The curve with the parameters phi = (amplitude, phases, rates, log sigma).
Curve curve_at(const Tensor& phi) {
  const auto part = [&](int from, int to) { return slice(phi, 0, from, to); };
  return {.amplitude = part(0, 1),
          .phase = part(1, 3),
          .rate = part(3, 5),
          .sigma = exp(part(5, 6)),
          .grid = Grid(-8, 8, 400)};
}

void program(Concept& c) {
  const Tensor phi = tensor({0.6, 1.8, 2.1, 3.5, 2.9, -1.2});
  Rng rng = c.rng("data");
  const Tensor x = Curve::example().sample(rng, 100).x;
  const auto log_likelihood = [&](const Tensor& at) { return sum(curve_at(at).log_px(x)); };
  const Tensor by_tape = support::slope(log_likelihood, phi);
  double worst = 0;
  for (int i = 0; i < 6; ++i) {
    const Tensor step = 1e-5 * slice(eye(6), 0, i, i + 1).with_shape({6});
    const double by_steps = (log_likelihood(phi + step) - log_likelihood(phi - step)).item() / 2e-5;
    worst = std::max(worst, std::fabs(by_steps - by_tape.at({i})) / (1 + std::fabs(by_steps)));
  }
  c.exact("gradient of log p(X): tape and finite differences", worst, 0, 1e-6);

  const auto mean_log_joint = [&](const Tensor& at) {
    const Tensor log_joint = curve_at(at).log_joint_table(x);
    const Tensor log_prior =
        curve_at(at).grid.log_mass(curve_at(at).prior({400}).log_prob(curve_at(at).grid.points));
    const Tensor log_weight = c.broken("prior_average") ? log_prior : log_softmax(log_joint, -1);
    return sum(exp(log_weight.detach()) * log_joint);
  };
  c.identity("and a mean over the posterior (Fisher's identity)",
             max(abs(support::slope(mean_log_joint, phi) - by_tape)).item(), 0, 1e-8);

  // Maximum likelihood: the fit explains the data at least as well as the curve that made them.
  Parameter learned("phi", phi);
  nn::Adam adam({&learned}, {.lr = 0.02});
  std::vector<double> steps, missing;
  const double of_truth = sum(Curve::example().log_px(x)).item();
  for (int step = 0; step <= 300; ++step) {
    adam.zero_grad();
    Tape tape;
    const Tensor now = log_likelihood(1.0 * learned);
    steps.push_back(step);
    missing.push_back(now.item() / 100);
    tape.backward(-now);
    adam.step();
  }
  c.at_least("log p(X) of the fit - of the truth, nats", 100 * missing.back() - of_truth, 0);

  const auto axis = [](const Tensor& t, int i) { return slice(t, 1, i, i + 1).to_vector(); };
  const auto drawn = [&](const Curve& curve) { return curve.decode(linspace(-2, 2, 300)); };
  const Tensor start = drawn(curve_at(phi)), fit = drawn(curve_at(learned.value()));
  c.draw({Plot("ascent on the exact likelihood", "step", "log p(X), nats per datum")
              .line("learned", steps, missing)
              .dashed("of the model that made the data", {0, 300}, {of_truth / 100, of_truth / 100})
              .key("bottom right"),
          Plot("the decoder's curve", "x1", "x2")
              .dashed("start", axis(start, 0), axis(start, 1))
              .line("fit", axis(fit, 0), axis(fit, 1))
              .points("100 data", axis(x, 0), axis(x, 1))
              .y_range(-1.6, 2.2)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C26",
       .title = "The gradient of an exact log-likelihood",
       .source = "UDL equations 17.8 and 17.9; notes S0, S1, S2, S3; model F3",
       .mutants = {{"prior_average", "the gradient averaged over the prior, not the posterior"}}},
      program);
}
