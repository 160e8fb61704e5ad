// jensen_continuous: the logarithm squeezes a density, and its mean falls below the log of the mean
// C13, UDL equations 17.10 to 17.12 and figure 17.5
//
//     log E[y] = log integral p(y) y dy  >=  integral p(y) log y dy = E[log y]
//
// For y uniform on (0, 1) the left side is log 1/2 = -0.693 and the right side -1. The right side
// has two spellings: average log y under p(y), or change variables to s = log y and average s under
// the density that y pushed through log has, p(e^s) e^s. The factor e^s = dy/ds says how much a
// piece of the y axis was squeezed.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Grid;

namespace {

// --- model

/// p(s) ds = p(y) dy: the density of s = log y is that of y = e^s times dy/ds = e^s.
Tensor density_of_log(const prob::Uniform& p, const Tensor& s) {
  const Tensor y = exp(s);
  return exp(p.log_prob(y)) * y;
}

// --- wrong versions

Tensor without_jacobian(const prob::Uniform& p, const Tensor& s) { return exp(p.log_prob(exp(s))); }

// --- claims

void claims(Concept& c, const auto& density) {
  const prob::Uniform p(tensor(0.0), tensor(1.0));

  // Integrals over y: log y falls to -infinity at 0, so the cells are small.
  const Grid on_y(0, 1, 1000000);
  const Tensor& y = on_y.points;
  const Tensor p_y = exp(p.log_prob(y));
  c.exact("log E y", std::log(sum(p_y * y).item() * on_y.step()), std::log(0.5));
  c.exact("E log y", sum(p_y * log(y)).item() * on_y.step(), -1);

  // The same over s = log y. Below -40 nothing is left: e^-40.
  const Grid on_s(-40, 0, 20000);
  const Tensor& s = on_s.points;
  const Tensor p_s = density(p, s);
  c.exact("mass of the density of s = log y", sum(p_s).item() * on_s.step(), 1);
  c.exact("E s", sum(p_s * s).item() * on_s.step(), -1);

  // Samples: the standard deviation of log y is 1.
  Rng rng = c.rng("y");
  const Tensor drawn = p.sample(rng, {c.choose(1000000, 40000)});
  const double largest = 1.2 / std::sqrt(static_cast<double>(drawn.size()));
  c.monte_carlo("E log y, sampled", prob::estimate(log(drawn)), -1, largest);
  c.monte_carlo("E y, sampled", prob::estimate(drawn), 0.5, largest);
}

// --- picture

/// Nine points that cut the mass into ten equal parts, before and after.
std::vector<Plot> picture() {
  const std::vector<double> cut = support::grid(0.1, 0.9, 9);
  const std::vector<double> log_cut = support::each(cut, [](double v) { return std::log(v); });
  const std::vector<double> x = support::grid(0.02, 1, 200), t = support::grid(-4, 0, 200);
  const double left = std::log(0.5), right = -1;
  return {Plot("ten equal parts of y, squeezed by log", "y", "log y")
              .line("log y", x, support::each(x, [](double v) { return std::log(v); }))
              .points("ends of the parts", cut, log_cut)
              .dashed("log E[y]", {0, 0.5, 0.5}, {left, left, -4})
              .dashed("E[log y]", {0, 1}, {right, right})
              .x_range(0, 1)
              .y_range(-4, 0.2)
              .key("bottom right"),
          Plot("the density of s = log y", "s = log y, nats", "density")
              .line("p(s) = exp(s)", t, support::each(t, [](double v) { return std::exp(v); }))
              .points("ends of the parts", log_cut, cut)
              .dashed("log E[y] = -0.693", {left, left}, {0, 1})
              .dashed("E[log y] = -1", {right, right}, {0, 1})
              .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto density = c.broken("no_jacobian") ? without_jacobian : density_of_log;
  claims(c, density);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C13",
       .title = "Jensen's inequality for the logarithm, continuous",
       .source = "UDL equations 17.10 to 17.12, figure 17.5",
       .mutants = {{"no_jacobian", "the density of log y without the factor dy/ds"}}},
      program);
}
