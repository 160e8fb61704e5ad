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

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/analysis/gradient_noise.hpp"
#include "vae/exact/line_noise.hpp"
#include "vae/objectives/sgvb.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::Estimator;

namespace {

/// n one-sample estimates [n] of the ELBO at x = 1.3, one for each row of mu and log sigma [n].
Tensor estimates(Estimator estimator, const Tensor& mu, const Tensor& log_sigma, Rng& rng) {
  const auto line = vae::exact::Line::example();
  const Shape rows = {mu.dim(0), 1};
  const prob::Normal q(reshape(mu, rows), exp(reshape(log_sigma, rows)), 1);
  const auto likelihood = [&](const Tensor& z) { return line.likelihood(z, 1); };
  return vae::sgvb(estimator, full({1}, vae::exact::kLineX), q, line.prior(rows, 1), likelihood,
                   rng)
      .elbo();
}

/// One row of the table: variances of value, d/dmu and d/dlog sigma, measured and exact.
void compare(Concept& c, const std::string& name, const vae::GradientNoise& measured,
             const vae::exact::Noise& exact) {
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

void program(Concept& c) {
  const auto line = vae::exact::Line::example();
  const prob::Normal posterior = line.posterior(tensor(vae::exact::kLineX));
  const double mean = posterior.loc.item(), sigma = posterior.scale.item();
  const struct {
    const char* name;
    double mean, sigma;
  } places[] = {{"start", 0, 1},
                {"too wide", 0, 2},
                {"half way", mean / 2, std::sqrt(sigma)},
                {"posterior", mean, sigma}};
  const std::int64_t repeats = c.choose(1000000, 100000);
  const Estimator stl = c.broken("score_kept") ? Estimator::generic  // the score of q left in
                                               : Estimator::sticking_the_landing;
  std::vector<double> bars[3];
  for (const auto& place : places) {
    const prob::Normal q(tensor(place.mean), tensor(place.sigma));
    const vae::exact::LineNoise exact = line_noise(line, vae::exact::kLineX, q);
    const struct {
      const char* name;
      Estimator estimator;
      vae::exact::Noise exact;
    } columns[] = {{"A", Estimator::generic, exact.generic},
                   {"B", Estimator::analytic, exact.analytic_kl},
                   {"STL", stl, exact.stl}};
    const double log_sigma = std::log(place.sigma) * (c.broken("log_variance") ? 0.5 : 1);
    for (std::size_t i = 0; i < 3; ++i) {
      Rng rng = c.rng(fmt::format("{} {}", place.name, columns[i].name));
      const vae::GradientNoise noise = vae::gradient_noise(
          [&](std::span<const Tensor> at, Rng& r) {
            return estimates(columns[i].estimator, at[0], at[1], r);
          },
          {tensor(place.mean), tensor(log_sigma)}, repeats, rng);
      compare(c, fmt::format("{}, {}", place.name, columns[i].name), noise, columns[i].exact);
      bars[i].push_back(noise.gradients[0].variance.item());
      if (place.name == places[0].name && i < 2) {  // both are unbiased: the printed constant of F1
        c.monte_carlo(fmt::format("{} at N(0, 1): ELBO", columns[i].name), noise.value.mean.item(),
                      noise.value.mean_se.item(), -3.2623649429, 0.02);
      }
    }
  }
  c.draw({Plot("noise of one sample's d/dmu", "q", "variance")
              .bars("A: generic", bars[0])
              .bars("B: analytic KL", bars[1])
              .bars("STL: no score", bars[2])
              .names({"start", "too wide", "half way", "posterior"})});
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
