// score_function: the slope of an expectation without a slope of f, at ten times the noise
// C47, UDL problem 17.5, equations 17.33 and 17.34
//
//     d/dphi E[f(x)] = integral f(x) dp(x|phi)/dphi dx = E[ f(x) d/dphi log p(x|phi) ]
//
// Only the density is differentiated, so f may be anything that can be evaluated: a game, a
// program, a reward ("REINFORCE"). The price is noise. A sample says how good x was, and not in
// which direction it would have been better; with f = x^2 + sin x and x ~ N(phi^3, (e^phi)^2) as in
// gaussian_reparameterization, the variance of one sample is 9.6 times that of the other estimate.
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept.hpp"
#include "support/derivative.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

Tensor f(const Tensor& x) { return square(x) + sin(x); }

prob::Normal p(const Tensor& phi) { return {phi * phi * phi, exp(phi)}; }

struct Gradients {
  Tensor score, path;
};

/// d/dphi at one phi by both estimators, one gradient for each e.
Gradients gradients(const Concept& c, double at, const Tensor& e) {
  const Tensor phi = full({e.size()}, at);  // one for each sample, so that each has its own slope
  const auto z = [&](const Tensor& t) { return p(t).loc + p(t).scale * e; };
  const Tensor x = z(phi);  // a number: no slope goes through it
  const auto score = [&](const Tensor& t) {
    if (c.broken("rsample")) return f(x) * p(t).log_prob(z(t));
    if (c.broken("density")) return f(x) * exp(p(t).log_prob(x));
    return f(x) * p(t).log_prob(x);
  };
  const auto path = [&](const Tensor& t) { return f(z(t)); };
  return {support::slope(score, phi), support::slope(path, phi)};
}

double variance(const Tensor& x) { return mean(square(x - mean(x))).item(); }

/// How many of x fall into each of 60 cells from -10 to 110, in parts of all.
std::vector<double> histogram(const Tensor& x) {
  std::vector<double> parts(60);
  for (const double v : x.to_vector()) {
    const double cell = (v + 10) / 2;
    if (cell >= 0 && cell < 60) {
      parts[static_cast<std::size_t>(cell)] += 1 / static_cast<double>(x.size());
    }
  }
  return parts;
}

void program(Concept& c) {
  struct Case {
    double phi, slope, score_variance, path_variance;
  };
  Rng rng = c.rng("e");
  Gradients drawn;
  for (const Case& k : {Case{0.5, 5.7281641079, 581.1105707, 59.6417492},
                        Case{0.3, 3.7475647988, 247.4077561, 25.8048930}}) {
    // Means and variances as integrals over e ~ N(0, 1).
    const vae::exact::Grid grid(-14, 14, 5600);
    const Tensor weight = exp(prob::StandardNormal({}).log_prob(grid.points)) * grid.step();
    const Gradients on_grid = gradients(c, k.phi, grid.points);
    const auto at = fmt::format(", phi = {}", k.phi);
    for (const auto& [name, g, exact] : {std::tuple("score", on_grid.score, k.score_variance),
                                         std::tuple("path", on_grid.path, k.path_variance)}) {
      const double centre = sum(weight * g).item();
      c.exact(fmt::format("{}: mean by quadrature{}", name, at), centre, k.slope);
      c.exact(fmt::format("{}: variance by quadrature{}", name, at),
              sum(weight * square(g - centre)).item(), exact, 1e-5);
    }
    drawn = gradients(c, k.phi, rng.normal({c.choose(2000000, 400000)}));
    c.monte_carlo("score: mean of samples" + at, prob::estimate(drawn.score), k.slope, 0.06);
    c.monte_carlo("path: mean of samples" + at, prob::estimate(drawn.path), k.slope, 0.02);
    const double ratio = k.score_variance / k.path_variance;
    c.within("variance of score / of path, sampled" + at,
             variance(drawn.score) / variance(drawn.path), 0.85 * ratio, 1.15 * ratio);
  }

  const std::vector<double> cells = support::grid(-9, 109, 60);
  const std::vector<double> from_score = histogram(drawn.score), from_path = histogram(drawn.path);
  c.draw({Plot("one-sample gradients at phi = 0.3: same mean 3.75", "gradient", "part of samples")
              .line("score function", cells, from_score)
              .line("reparameterized", cells, from_path)
              .dashed("their mean", {3.7476, 3.7476}, {1e-6, 1})
              .x_range(-10, 110)
              .y_range(1e-5, 1)
              .log_y()});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C47",
                         .title = "The score function (REINFORCE) and its noise",
                         .source = "UDL problem 17.5, equations 17.33 and 17.34",
                         .mutants = {{"rsample", "x moves with phi inside log p(x|phi)"},
                                     {"density", "the slope of p in place of that of log p"}}},
                        program);
}
