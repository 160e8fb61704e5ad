// jensen_inner: Jensen's inequality for a function of the variable, which is how it makes the ELBO
// C14, UDL equation 17.13
//
//     log integral p(y) h(y) dy  >=  integral p(y) log h(y) dy        for every h > 0
//
// The weights are p(y) on both sides, and h stands where y stood in 17.12. The last h below is the
// one that matters: with p(z) = q(z) and h(z) = p(x, z) / q(z) the left side is log p(x), the right
// side the ELBO, and the gap KL(q || p(z|x)).
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// log sum_i w_i h_i  -  sum_i w_i log h_i
double gap(const Tensor& weights, const Tensor& h) {
  return log(sum(weights * h)).item() - sum(weights * log(h)).item();
}

/// p(y) = N(0, 1) on a fine grid: weights are densities times the width of a cell.
vae::exact::Grid y_grid() { return {-12, 12, 2400}; }
Tensor masses() {
  return exp(prob::StandardNormal({}).log_prob(y_grid().points)) * y_grid().step();
}

/// z ~ N(0, 1), x | z ~ N(z, 0.5), observed x = 1.3; and q(z) = N(0, 1), which is p(y) above.
Tensor log_ratio(const Tensor& z) {
  const prob::Normal q(tensor(0.0), tensor(1.0));
  return vae::exact::Line::example().log_joint(tensor(vae::exact::kLineX), z) - q.log_prob(z);
}

// --- wrong versions

Tensor densities() { return exp(prob::StandardNormal({}).log_prob(y_grid().points)); }

// --- claims

/// Returns the gaps of the four h.
std::vector<double> claims(Concept& c, const Tensor& weights) {
  const Tensor y = y_grid().points;
  c.identity("the weights sum to", sum(weights).item(), 1, 1e-12);
  const double constant = gap(weights, full({y.size()}, 3.0));
  c.identity("gap of a constant h", constant, 0);
  const double exponential = gap(weights, exp(y));
  c.exact("gap of h = exp(y): half the variance of y", exponential, 0.5);
  const double quadratic = gap(weights, 1.0 + square(y));
  c.exact("gap of h = 1 + y^2", quadratic, std::log(2) - 0.5334531798);

  const Tensor h = exp(log_ratio(y)), x = tensor(vae::exact::kLineX);
  const prob::Normal q(tensor(0.0), tensor(1.0));
  const double bound = gap(weights, h);
  c.exact("gap of h = p(x, z) / q(z): KL(q || posterior)", bound,
          vae::exact::Line::example().gap(x, q).item());
  c.exact("its left side: log p(x)", log(sum(weights * h)).item(), -1.6850044206);
  c.exact("its right side: the ELBO", sum(weights * log(h)).item(), -3.2623649429);

  // Any positive h will do: random sums of waves, made positive by exp.
  Rng rng = c.rng("waves");
  double smallest = 1e9;
  for (int i = 0; i < c.choose(1000, 100); ++i) {
    const Tensor wave = rng.normal() * sin(2 * rng.normal() * y + 6 * rng.uniform());
    smallest = std::min(smallest, gap(weights, exp(wave)));
  }
  c.at_least("smallest gap of random h", smallest, -1e-12);
  return {constant, exponential, quadratic, bound};
}

// --- picture

std::vector<Plot> picture(const std::vector<double>& gaps) {
  const Tensor shown = slice(y_grid().points, 0, 900, 1500);  // -3 to 3
  const std::vector<double> at = shown.to_vector();
  return {Plot("four functions h of y ~ N(0, 1)", "y", "log h(y)")
              .line("h = 3", at, full({shown.size()}, std::log(3)).to_vector())
              .line("h = exp(y)", at, at)
              .line("h = 1 + y^2", at, log1p(square(shown)).to_vector())
              .line("h = p(x, y) / q(y)", at, log_ratio(shown).to_vector())
              .y_range(-8, 4)
              .key("bottom right"),
          Plot("the more log h varies, the larger the gap", "", "log E h - E log h, nats")
              .bars("", gaps)
              .names({"3", "exp(y)", "1 + y^2", "p(x, y) / q(y)"})
              .y_range(0, 1.8)};
}

// --- program

void program(Concept& c) {
  const Tensor weights = c.broken("unnormalized") ? densities() : masses();
  c.draw(picture(claims(c, weights)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C14",
       .title = "Jensen's inequality with an inner function",
       .source = "UDL equation 17.13",
       .mutants = {{"unnormalized", "densities as weights, without the width of a cell"}}},
      program);
}
