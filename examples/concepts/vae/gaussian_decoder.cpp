// gaussian_decoder: squared error, its weight and its constant
// C53, UDL equations 17.6 and 17.9, VAE notes S2
//
//     log N(x; f(z), sigma^2 I) = -|x - f(z)|^2 / (2 sigma^2) - (D / 2) log(2 pi sigma^2)
//     best sigma^2 = mean of (x_d - f_d(z))^2
//
// Squared error alone is this log density with sigma^2 chosen by hand and the constant dropped. The
// gradient of f does not miss the constant. sigma does, and so does the bound: without the constant
// the "ELBO" may lie above log p(x), as soon as sigma^2 > 1 / (2 pi).
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

/// log N(x; f, variance I) over the last axis.
Tensor log_density(const Concept& c, const Tensor& x, const Tensor& f, const Tensor& variance) {
  const Tensor squared_error = sum(square(x - f), -1);
  const Tensor fit = -(c.broken("no_half") ? 1.0 : 0.5) * squared_error / variance;
  if (c.broken("no_constant")) return fit;
  const double d = static_cast<double>(x.dim(-1));
  return fit - 0.5 * d * log(2 * std::numbers::pi * variance);
}

/// The ELBO of model F1 at x = 1.3, with the expectation as a sum over a fine grid of z.
double elbo(const Concept& c, const Line& line, const prob::Normal& q) {
  const Grid grid(-12, 12, 4800);
  const Tensor weight = exp(grid.log_mass(q.log_prob(grid.points)));
  const Tensor f = reshape(line.likelihood(grid.points).loc, {-1, 1});
  const Tensor reconstruction = log_density(c, full({1}, kLineX), f, tensor(0.5));
  return (sum(weight * reconstruction) - prob::kl(q, line.prior({}))).item();
}

void program(Concept& c) {
  const Curve curve = Curve::example();
  Rng rng = c.rng("data");
  const Draw data = curve.sample(rng, c.choose(2000, 500));
  const Tensor f = curve.decode(data.z);
  const Tensor written = log_density(c, data.x, f, square(curve.sigma));
  c.identity("formula - prob::Normal, largest of all x",
             max(abs(written - curve.likelihood(data.z).log_prob(data.x))).item(), 0);

  // sigma is a parameter of the decoder like any other: gradient ascent finds it.
  const double best = mean(square(data.x - f)).item();
  Parameter log_sigma("log sigma", tensor(0.0));
  std::vector<double> step, path;
  support::climb(
      {&log_sigma}, [&] { return mean(log_density(c, data.x, f, exp(2.0 * log_sigma))); },
      {.steps = 600},
      [&](int i) {
        step.push_back(i);
        path.push_back(std::exp(2 * log_sigma.value().item()));
      });
  c.exact("learned sigma^2 / mean squared residual", std::exp(2 * log_sigma.value().item()) / best,
          1, 1e-4);
  c.within("learned sigma^2 / sigma^2 of the data", path.back() / 0.04, 0.85, 1.15);

  // A bound stays below log p(x) for every q, and reaches it at the posterior.
  const Line line = Line::example();
  const double log_px = -1.6850044206;
  double least = 1e9;
  for (const double mu : {-1.0, 0.0, 0.5, 1.0, 2.0})
    for (const double sigma : {0.3, 0.6, 1.0, 1.5})
      least = std::min(least, log_px - elbo(c, line, {tensor(mu), tensor(sigma)}));
  c.at_least("log p(x) - ELBO, least of 20 q", least, 0);
  c.exact("log p(x) - ELBO at the posterior",
          log_px - elbo(c, line, line.posterior(tensor(kLineX))), 0, 1e-8);

  const std::vector<double> variance = support::grid(0.005, 1, 200);
  const auto constant = [](double v) { return -0.5 * std::log(2 * std::numbers::pi * v); };
  c.draw({Plot("gradient ascent finds the mean squared residual", "step", "sigma^2")
              .line("sigma^2", step, path)
              .dashed("mean squared residual", {0, 600}, {best, best})
              .log_y()
              .y_range(0.02, 2),
          Plot("what is lost with the constant", "sigma^2", "nats a dimension")
              .line("-log(2 pi sigma^2) / 2", variance, support::each(variance, constant))
              .dashed("", {0, 1}, {0, 0})
              .note("dropped: the bound only gets looser", 0.2, 0.9)
              .note("dropped: no bound", 0.45, -0.25)
              .y_range(-1.1, 1.8)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C53",
       .title = "The Gaussian decoder",
       .source = "UDL equations 17.6 and 17.9; VAE notes S2",
       .mutants = {{"no_constant", "squared error without the normalising constant"},
                   {"no_half", "squared error without the factor 1/2"}}},
      program);
}
