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
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Curve;
using vae::exact::Grid;

namespace {

// --- model

/// The curve with the parameters phi = (amplitude, phases, rates, log sigma).
Curve curve_at(const Tensor& phi) {
  const auto part = [&](int from, int to) { return slice(phi, 0, from, to); };
  return {.amplitude = part(0, 1),
          .phase = part(1, 3),
          .rate = part(3, 5),
          .sigma = exp(part(5, 6)),
          .grid = Grid(-8, 8, 400)};
}

Tensor log_likelihood(const Tensor& phi, const Tensor& x) { return sum(curve_at(phi).log_px(x)); }

/// log p(z|x) + log step at the cells of the grid, [N, cells].
Tensor log_posterior(const Curve& curve, const Tensor& x) {
  return log_softmax(curve.log_joint_table(x), -1);
}

Tensor start() { return tensor({0.6, 1.8, 2.1, 3.5, 2.9, -1.2}); }

struct Fit {
  std::vector<double> log_px;  ///< mean over the data, at each step
  Tensor phi;
};

/// Maximum likelihood.
Fit learn(const Tensor& x) {
  Parameter phi("phi", start());
  nn::Adam adam({&phi}, {.lr = 0.02});
  Fit fit;
  for (int step = 0; step <= 300; ++step) {
    const double loss = nn::descend(adam, [&] { return -log_likelihood(recorded(phi), x); });
    fit.log_px.push_back(-loss / static_cast<double>(x.dim(0)));
  }
  fit.phi = phi.value();
  return fit;
}

// --- wrong versions

Tensor log_prior(const Curve& curve, const Tensor&) {
  return curve.grid.log_mass(curve.prior({400}).log_prob(curve.grid.points));
}

// --- claims

void claims_of_the_gradient(Concept& c, const Tensor& x, const auto& log_weights) {
  const Tensor phi = start();
  const auto of_data = [&](const Tensor& at) { return log_likelihood(at, x); };
  const Tensor by_tape = support::slope(of_data, phi);
  double worst = 0;
  for (int i = 0; i < 6; ++i) {
    const Tensor step = 1e-5 * slice(eye(6), 0, i, i + 1).with_shape({6});
    const double by_steps = (of_data(phi + step) - of_data(phi - step)).item() / 2e-5;
    worst = std::max(worst, std::fabs(by_steps - by_tape.at({i})) / (1 + std::fabs(by_steps)));
  }
  c.exact("gradient of log p(X): tape and finite differences", worst, 0, 1e-6);
  const auto mean_log_joint = [&](const Tensor& at) {
    const Tensor weights = exp(log_weights(curve_at(at), x)).detach();
    return sum(weights * curve_at(at).log_joint_table(x));
  };
  c.identity("and a mean over the posterior (Fisher's identity)",
             max(abs(support::slope(mean_log_joint, phi) - by_tape)).item(), 0, 1e-8);
}

/// The fit explains the data at least as well as the curve that made them.
void claims_of_the_fit(Concept& c, const Tensor& x, const Fit& fit) {
  c.at_least("log p(X) of the fit - of the truth, nats",
             100 * fit.log_px.back() - sum(Curve::example().log_px(x)).item(), 0);
}

// --- picture

std::vector<Plot> picture(const Tensor& x, const Fit& fit) {
  const double of_truth = mean(Curve::example().log_px(x)).item();
  const auto axis = [](const Tensor& t, int i) { return slice(t, 1, i, i + 1).to_vector(); };
  const auto drawn = [&](const Tensor& phi) { return curve_at(phi).decode(linspace(-2, 2, 300)); };
  const Tensor before = drawn(start()), after = drawn(fit.phi);
  return {Plot("ascent on the exact likelihood", "step", "log p(X), nats per datum")
              .line("learned", support::grid(0, 300, 301), fit.log_px)
              .dashed("of the model that made the data", {0, 300}, {of_truth, of_truth})
              .key("bottom right"),
          Plot("the decoder's curve", "x1", "x2")
              .dashed("start", axis(before, 0), axis(before, 1))
              .line("fit", axis(after, 0), axis(after, 1))
              .points("100 data", axis(x, 0), axis(x, 1))
              .y_range(-1.6, 2.2)};
}

// --- program

void program(Concept& c) {
  const auto log_weights = c.broken("prior_average") ? log_prior : log_posterior;
  Rng rng = c.rng("data");
  const Tensor x = Curve::example().sample(rng, 100).x;
  claims_of_the_gradient(c, x, log_weights);
  const Fit fit = learn(x);
  claims_of_the_fit(c, x, fit);
  c.draw(picture(x, fit));
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
