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
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/exact/grid.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

Tensor f(const Tensor& x) { return square(x) + sin(x); }

prob::Normal p(const Tensor& phi) { return {phi * phi * phi, exp(phi)}; }

/// What is differentiated: f(x) log p(x|phi), x a number through which no slope goes.
Tensor score_function(const Tensor& phi, const Tensor& x, const Tensor&) {
  return f(x) * p(phi).log_prob(x);
}

struct Gradients {
  Tensor score, path;
};

/// d/dphi at one phi by both estimators, one gradient for each e.
template <class Surrogate>
Gradients gradients(const Surrogate& surrogate, double at, const Tensor& e) {
  const Tensor phi = full({e.size()}, at);  // one for each sample, so that each has its own slope
  const auto z = [&](const Tensor& t) { return p(t).loc + p(t).scale * e; };
  const Tensor x = z(phi);
  return {support::slope([&](const Tensor& t) { return surrogate(t, x, e); }, phi),
          support::slope([&](const Tensor& t) { return f(z(t)); }, phi)};
}

double variance(const Tensor& x) { return mean(square(x - mean(x))).item(); }

// --- wrong versions

/// x moves with phi inside log p(x|phi), as it does after rsample.
Tensor moving_sample(const Tensor& phi, const Tensor& x, const Tensor& e) {
  return f(x) * p(phi).log_prob(p(phi).loc + p(phi).scale * e);
}
Tensor density_for_log(const Tensor& phi, const Tensor& x, const Tensor&) {
  return f(x) * exp(p(phi).log_prob(x));
}

// --- claims

struct Known {
  double phi, slope, score_variance, path_variance;
};

/// Means and variances as integrals over e ~ N(0, 1).
void claims_of_quadrature(Concept& c, const auto& surrogate, const Known& k) {
  const vae::exact::Grid grid(-14, 14, 5600);
  const Tensor weight = exp(prob::StandardNormal({}).log_prob(grid.points)) * grid.step();
  const Gradients on_grid = gradients(surrogate, k.phi, grid.points);
  for (const auto& [name, g, exact] : {std::tuple("score", on_grid.score, k.score_variance),
                                       std::tuple("path", on_grid.path, k.path_variance)}) {
    const double centre = sum(weight * g).item();
    c.exact(fmt::format("{}: mean by quadrature, phi = {}", name, k.phi), centre, k.slope);
    c.exact(fmt::format("{}: variance by quadrature, phi = {}", name, k.phi),
            sum(weight * square(g - centre)).item(), exact, 1e-5);
  }
}

void claims_of_samples(Concept& c, const Gradients& drawn, const Known& k) {
  const auto at = fmt::format(", phi = {}", k.phi);
  c.monte_carlo("score: mean of samples" + at, prob::estimate(drawn.score), k.slope, 0.06);
  c.monte_carlo("path: mean of samples" + at, prob::estimate(drawn.path), k.slope, 0.02);
  const double ratio = k.score_variance / k.path_variance;
  c.within("variance of score / of path, sampled" + at,
           variance(drawn.score) / variance(drawn.path), 0.85 * ratio, 1.15 * ratio);
}

// --- picture

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

std::vector<Plot> picture(const Gradients& drawn) {
  const std::vector<double> cells = support::grid(-9, 109, 60);
  return {Plot("one-sample gradients at phi = 0.3: same mean 3.75", "gradient", "part of samples")
              .line("score function", cells, histogram(drawn.score))
              .line("reparameterized", cells, histogram(drawn.path))
              .dashed("their mean", {3.7476, 3.7476}, {1e-6, 1})
              .x_range(-10, 110)
              .y_range(1e-5, 1)
              .log_y()};
}

// --- program

void program(Concept& c) {
  const auto surrogate = c.broken("rsample")   ? moving_sample
                         : c.broken("density") ? density_for_log
                                               : score_function;
  Rng rng = c.rng("e");
  Gradients drawn;
  for (const Known& k : {Known{0.5, 5.7281641079, 581.1105707, 59.6417492},
                         Known{0.3, 3.7475647988, 247.4077561, 25.8048930}}) {
    claims_of_quadrature(c, surrogate, k);
    drawn = gradients(surrogate, k.phi, rng.normal({c.choose(2000000, 400000)}));
    claims_of_samples(c, drawn, k);
  }
  c.draw(picture(drawn));
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
