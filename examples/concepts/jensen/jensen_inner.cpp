// jensen_inner: the inequality holds for a function of the variable, and that is how it makes the ELBO
// C14, UDL equation 17.13
//
//     log integral p(y) h(y) dy  >=  integral p(y) log h(y) dy        for every h > 0
//
// The weights are p(y) on both sides, and h stands where y stood in 17.12. The last h below is the
// one that matters: with p(z) = q(z) and h(z) = p(x, z) / q(z) the left side is log p(x), the right
// side the ELBO, and the gap KL(q || p(z|x)).
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

/// log sum_i w_i h_i  -  sum_i w_i log h_i
double gap(const Tensor& weights, const Tensor& h) {
  return log(sum(weights * h)).item() - sum(weights * log(h)).item();
}

void program(Concept& c) {
  // p(y) = N(0, 1) on a fine grid: weights are densities times the width of a cell.
  const double width = 0.01;
  const Tensor y = linspace(-12, 12, 2401);
  const Tensor p = exp(prob::StandardNormal({}).log_prob(y));
  const Tensor weights = c.broken("unnormalized") ? p : p * width;

  c.identity("the weights sum to", sum(weights).item(), 1, 1e-12);
  const double constant = gap(weights, full({y.size()}, 3.0));
  c.identity("gap of a constant h", constant, 0);
  const double exponential = gap(weights, exp(y));
  c.exact("gap of h = exp(y): half the variance of y", exponential, 0.5);
  const double quadratic = gap(weights, 1.0 + square(y));
  c.exact("gap of h = 1 + y^2", quadratic, std::log(2) - 0.5334531798);

  // The line model: z ~ N(0, 1), x | z ~ N(z, 0.5), x = 1.3, and q(z) = p(z) = N(0, 1). Then
  // h(z) = p(x, z) / q(z) = p(x | z), and the posterior is N(x / 1.5, 1 / 3).
  const double x = 1.3, variance = 0.5;
  const Tensor h = exp(normal_log_prob(tensor(x), y, tensor(std::sqrt(variance))));
  const double bound = gap(weights, h);
  const prob::Normal q(tensor(0.0), tensor(1.0));
  const prob::Normal posterior(tensor(x / 1.5), tensor(std::sqrt(1.0 / 3)));
  c.exact("gap of h = p(x, z) / q(z): the KL", bound, prob::kl(q, posterior).item());
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

  const std::vector<double> at = support::grid(-3, 3, 200);
  const auto of = [&at](double (*fn)(double)) { return support::each(at, fn); };
  c.draw({Plot("four functions h of y ~ N(0, 1)", "y", "log h(y)")
              .line("h = 3", at, of([](double) { return std::log(3); }))
              .line("h = exp(y)", at, of([](double v) { return v; }))
              .line("h = 1 + y^2", at, of([](double v) { return std::log1p(v * v); }))
              .line("h = p(x, y) / q(y)", at, of([](double v) {
                      return -(1.3 - v) * (1.3 - v) - 0.5 * std::log(2 * std::acos(-1.0) * 0.5);
                    }))
              .y_range(-8, 4)
              .key("bottom right"),
          Plot("the gap is what h varies", "", "log E h - E log h, nats")
              .bars("", {constant, exponential, quadratic, bound})
              .names({"3", "exp(y)", "1 + y^2", "p(x, y) / q(y)"})
              .y_range(0, 1.8)});
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
