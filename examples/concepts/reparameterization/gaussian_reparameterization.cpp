// gaussian_reparameterization: with the noise fixed, the slope of a mean is the mean of slopes
// C45, UDL equation 17.25, AEVB notes S1 and VAE notes S2, reparameterization
//
//     d/dphi E[f(x)] = E[ d/dphi f(mu(phi) + sigma(phi) e) ],      e ~ N(0, 1)
//
// The expectation on the right is over e, which does not know phi: the derivative goes inside, and
// an average of L samples will do. Here x ~ N(phi^3, (e^phi)^2) and f = x^2 + sin x, for which
//
//     E[f] = phi^6 + e^(2 phi) + sin(phi^3) exp(-e^(2 phi) / 2)
#include <cmath>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

// --- model

Tensor f(const Tensor& x) { return square(x) + sin(x); }

Tensor expected(const Tensor& phi) {
  const Tensor mu = phi * phi * phi, variance = exp(2.0 * phi);
  return square(mu) + variance + sin(mu) * exp(-0.5 * variance);
}

/// x = mu(phi) + sigma(phi) e, elementwise.
Tensor g(const Tensor& phi, const Tensor& e) {
  const Tensor mu = phi * phi * phi, sigma = exp(phi);
  return mu + sigma * e;
}

/// What 100 samples give at each phi, with two of their standard errors.
struct Few {
  std::vector<double> at, values, slopes, value_error, slope_error;
};

// --- wrong versions

Tensor scaled_by_variance(const Tensor& phi, const Tensor& e) {
  return phi * phi * phi + exp(2.0 * phi) * e;
}
Tensor detached_scale(const Tensor& phi, const Tensor& e) {
  return phi * phi * phi + exp(phi).detach() * e;
}

// --- claims

void claims_of_closed_form(Concept& c) {
  c.exact("E f at 0.5", expected(tensor(0.5)).item(), 2.7659334442, 1e-9);
  c.exact("E f at -0.1", expected(tensor(-0.1)).item(), 0.8180676816, 1e-9);
  c.exact("dE f at 0.5", support::slope(expected, tensor(0.5)).item(), 5.7281641079, 1e-9);
  c.exact("dE f at 0.3", support::slope(expected, tensor(0.3)).item(), 3.7475647988, 1e-9);
}

/// One e for each sample, and a phi for each, so that each has its own slope.
Few claims_of_samples(Concept& c, const auto& x_of) {
  const std::int64_t n = c.choose(1000000, 100000);
  Rng rng = c.rng("e");
  Few seen;
  for (const double phi : {-0.7, -0.4, -0.1, 0.1, 0.3, 0.5}) {
    const Tensor e = rng.normal({n});
    const auto value_of = [&](const Tensor& p) { return f(x_of(p, e)); };
    const prob::Estimate value = prob::estimate(value_of(full({n}, phi)));
    const prob::Estimate slope = prob::estimate(support::slope(value_of, full({n}, phi)));
    const double exact = expected(tensor(phi)).item();
    const double exact_slope = support::slope(expected, tensor(phi)).item();
    c.monte_carlo(fmt::format("E f at {}, sampled", phi), value, exact, 0.02);
    c.monte_carlo(fmt::format("dE f at {}, mean of slopes", phi), slope, exact_slope, 0.03);
    // For the picture, 100 of them: errors that can be seen.
    const double few = std::sqrt(static_cast<double>(n) / 100);
    const Tensor start = full({100}, phi), e100 = slice(e, 0, 0, 100);
    const auto value100 = [&](const Tensor& p) { return f(x_of(p, e100)); };
    seen.at.push_back(phi);
    seen.values.push_back(mean(value100(start)).item());
    seen.slopes.push_back(mean(support::slope(value100, start)).item());
    seen.value_error.push_back(2 * few * value.standard_error.item());
    seen.slope_error.push_back(2 * few * slope.standard_error.item());
  }
  return seen;
}

// --- picture

std::vector<Plot> picture(const Few& few) {
  const Tensor phi = linspace(-0.8, 0.6, 141);
  const std::vector<double> x = phi.to_vector();
  return {
      Plot("E f(x), x ~ N(phi^3, exp(2 phi))", "phi", "expectation")
          .line("exact", x, expected(phi).to_vector())
          .error_bars("100 samples, 2 standard errors", few.at, few.values, few.value_error)
          .key("top left"),
      Plot("its slope, from the same samples", "phi", "d expectation / d phi")
          .line("exact", x, support::slope(expected, phi).to_vector())
          .error_bars("mean of 100 slopes, 2 standard errors", few.at, few.slopes, few.slope_error)
          .key("top left")};
}

// --- program

void program(Concept& c) {
  const auto x_of = c.broken("variance")         ? scaled_by_variance
                    : c.broken("detached_scale") ? detached_scale
                                                 : g;
  claims_of_closed_form(c);
  c.draw(picture(claims_of_samples(c, x_of)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C45",
       .title = "Reparameterization: z = mu + sigma e",
       .source = "UDL equation 17.25, AEVB notes S1, VAE notes S2",
       .mutants = {{"variance", "the noise scaled by the variance, not its square root"},
                   {"detached_scale", "no gradient through sigma"}}},
      program);
}
