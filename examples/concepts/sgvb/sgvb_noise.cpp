// sgvb_noise: estimators A and B of the ELBO are unbiased, and which is the quieter one depends on q
// C48, C49, AEVB equations 6 and 7 (S1), UDL equation 17.23
//
//     A:  log p(x, z) - log q(z)                 B:  log p(x | z) - KL(q || p(z)),      z = mu + sigma e
//     STL: A without the score of q, which is 0 on average
//
// S1 says that B has less variance. For the gradient on this model that is right: by mu exactly
// (1 + s^2/w^2)^2 = 2.25 times less. For the value it is not: at the posterior A is the constant
// log p(x), while B still has noise. Close to the posterior, STL beats both.
#include <cmath>

#include "concepts/sgvb/sgvb_noise.hpp"
#include "support/concept/concept.hpp"
#include "vae/analysis/gradient_noise.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- claims

/// One row of the table: variances of value, d/dmu and d/dlog sigma, measured and exact.
void compare(Concept& c, const std::string& name, const vae::GradientNoise& measured,
             const vae::exact::EstimatorNoise& exact) {
  const auto one = [&](const char* what, const vae::Noise& noise, double variance) {
    const std::string claim = fmt::format("{}: variance of {}", name, what);
    if (variance < 1e-12) {
      c.at_most(claim, noise.variance.item(), 1e-20);  // no noise at all
    } else {
      c.within(claim + ", measured / exact", noise.variance.item() / variance, 0.95, 1.05);
    }
  };
  one("value", measured.value, exact.value);
  one("d/dmu", measured.gradients[0], exact.d_mean);
  one("d/dlog sigma", measured.gradients[1], exact.d_log_scale);
}

/// The variance of d/dmu at each place, by estimator: A, B, STL.
struct Bars {
  std::vector<double> of[3];
};

/// log sigma is `log_unit` times its logarithm.
Bars claims(Concept& c, Estimator stl, double log_unit) {
  Bars bars;
  for (const Place& place : places()) {
    const prob::Normal q(tensor(place.mean), tensor(place.sigma));
    const vae::exact::LineNoise exact =
        line_noise(vae::exact::Line::example(), vae::exact::kLineX, q);
    const struct {
      const char* name;
      Estimator estimator;
      vae::exact::EstimatorNoise exact;
    } columns[] = {{"A", Estimator::generic, exact.generic},
                   {"B", Estimator::analytic, exact.analytic_kl},
                   {"STL", stl, exact.stl}};
    for (std::size_t i = 0; i < 3; ++i) {
      Rng rng = c.rng(fmt::format("{} {}", place.name, columns[i].name));
      const vae::GradientNoise noise = vae::gradient_noise(
          [&](std::span<const Tensor> at, Rng& r) {
            return estimates(columns[i].estimator, at[0], at[1], r);
          },
          {tensor(place.mean), tensor(log_unit * std::log(place.sigma))}, c.choose(1000000, 100000),
          rng);
      compare(c, fmt::format("{}, {}", place.name, columns[i].name), noise, columns[i].exact);
      bars.of[i].push_back(noise.gradients[0].variance.item());
      if (bars.of[i].size() == 1 && i < 2) {  // both are unbiased: the printed constant of F1
        c.monte_carlo(fmt::format("{} at N(0, 1): ELBO", columns[i].name), noise.value.mean.item(),
                      noise.value.mean_se.item(), -3.2623649429, 0.02);
      }
    }
  }
  return bars;
}

// --- picture

std::vector<Plot> picture(const Bars& bars) {
  return {Plot("noise of one sample's d/dmu", "q", "variance")
              .bars("A: generic", bars.of[0])
              .bars("B: analytic KL", bars.of[1])
              .bars("STL: no score", bars.of[2])
              .names({"start", "too wide", "half way", "posterior"})};
}

// --- program

void program(Concept& c) {
  const Estimator stl = c.broken("score_kept") ? Estimator::generic  // the score of q left in
                                               : Estimator::sticking_the_landing;
  const double log_unit = c.broken("log_variance") ? 0.5 : 1;
  c.draw(picture(claims(c, stl, log_unit)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C48, C49",
       .title = "The noise of SGVB estimators A and B, next to its exact values",
       .source = "AEVB equations 6 and 7 (S1); UDL equation 17.23; model F1",
       .mutants = {{"score_kept", "sticking the landing forgets to leave out the score of q"},
                   {"log_variance", "log sigma is taken for log sigma^2"}}},
      program);
}
