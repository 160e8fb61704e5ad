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
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// log N(x; f, variance I) over the last axis.
Tensor log_density(const Tensor& x, const Tensor& f, const Tensor& variance) {
  const Tensor squared_error = sum(square(x - f), -1);
  const double d = static_cast<double>(x.dim(-1));
  return -0.5 * squared_error / variance - 0.5 * d * log(2 * std::numbers::pi * variance);
}
using LogDensity = decltype(&log_density);

/// The ELBO of model F1 at x = 1.3, with the expectation as a sum over a fine grid of z.
double elbo(LogDensity log_p, const Line& line, const prob::Normal& q) {
  const Grid grid(-12, 12, 4800);
  const Tensor weight = exp(grid.log_mass(q.log_prob(grid.points)));
  const Tensor f = reshape(line.likelihood(grid.points).loc, {-1, 1});
  const Tensor reconstruction = log_p(full({1}, kLineX), f, tensor(0.5));
  return (sum(weight * reconstruction) - prob::kl(q, line.prior({}))).item();
}

/// The path of sigma^2 as gradient ascent finds it: a parameter of the decoder like any other.
std::vector<double> learn_variance(LogDensity log_p, const Tensor& x, const Tensor& f, int steps) {
  Parameter log_sigma("log sigma", tensor(0.0));
  std::vector<double> path;
  const auto follow = [&](int) { path.push_back(std::exp(2 * log_sigma.value().item())); };
  support::ascend(
      {&log_sigma}, [&] { return mean(log_p(x, f, exp(2.0 * log_sigma))); }, {.steps = steps},
      follow);
  follow(steps);
  return path;
}

// --- wrong versions

Tensor without_constant(const Tensor& x, const Tensor& f, const Tensor& variance) {
  return -0.5 * sum(square(x - f), -1) / variance;
}

Tensor without_half(const Tensor& x, const Tensor& f, const Tensor& variance) {
  return log_density(x, f, variance) + without_constant(x, f, variance);
}

// --- claims

/// Draws (z, x) of the curve F3, and the path of sigma^2.
void claims_of_variance(Concept& c, LogDensity log_p, const Draw& data,
                        const std::vector<double>& path) {
  const Curve curve = Curve::example();
  const Tensor f = curve.decode(data.z);
  c.identity(
      "formula - prob::Normal, largest of all x",
      max(abs(log_p(data.x, f, square(curve.sigma)) - curve.likelihood(data.z).log_prob(data.x)))
          .item(),
      0);
  c.exact("learned sigma^2 / mean squared residual", path.back() / mean(square(data.x - f)).item(),
          1, 1e-4);
  c.within("learned sigma^2 / sigma^2 of the data", *(path.end() - 2) / 0.04, 0.85, 1.15);
}

/// A bound stays below log p(x) for every q, and reaches it at the posterior.
void claims_of_bound(Concept& c, LogDensity log_p) {
  const Line line = Line::example();
  const double log_px = -1.6850044206;
  double least = 1e9;
  for (const double mu : {-1.0, 0.0, 0.5, 1.0, 2.0})
    for (const double sigma : {0.3, 0.6, 1.0, 1.5})
      least = std::min(least, log_px - elbo(log_p, line, {tensor(mu), tensor(sigma)}));
  c.at_least("log p(x) - ELBO, least of 20 q", least, 0);
  c.exact("log p(x) - ELBO at the posterior",
          log_px - elbo(log_p, line, line.posterior(tensor(kLineX))), 0, 1e-8);
}

// --- picture

std::vector<Plot> picture(const std::vector<double>& path, double best) {
  const std::vector<double> variance = support::grid(0.005, 1, 200);
  const auto constant = [](double v) { return -0.5 * std::log(2 * std::numbers::pi * v); };
  std::vector<double> step;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) step.push_back(static_cast<double>(i));
  return {Plot("gradient ascent finds the mean squared residual", "step", "sigma^2")
              .line("sigma^2", step, {path.begin(), path.end() - 1})
              .dashed("mean squared residual", {0, 600}, {best, best})
              .log_y()
              .y_range(0.02, 2),
          Plot("what is lost with the constant", "sigma^2", "nats a dimension")
              .line("-log(2 pi sigma^2) / 2", variance, support::each(variance, constant))
              .dashed("", {0, 1}, {0, 0})
              .note("dropped: the bound only gets looser", 0.2, 0.9)
              .note("dropped: no bound", 0.45, -0.25)
              .y_range(-1.1, 1.8)};
}

// --- program

void program(Concept& c) {
  const LogDensity log_p = c.broken("no_constant") ? without_constant
                           : c.broken("no_half")   ? without_half
                                                   : log_density;
  Rng rng = c.rng("data");
  const Draw data = Curve::example().sample(rng, c.choose(2000, 500));
  const Tensor f = Curve::example().decode(data.z);
  const std::vector<double> path = learn_variance(log_p, data.x, f, 600);
  claims_of_variance(c, log_p, data, path);
  claims_of_bound(c, log_p);
  c.draw(picture(path, mean(square(data.x - f)).item()));
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
