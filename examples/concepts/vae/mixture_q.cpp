// mixture_q: the posterior has a shape of its own, and q only as much as its family allows
// C56, VAE notes S2, "why a separate q_phi?"
//
//     log p(x) - ELBO(q) = KL(q || p(z|x)),  q = N(mu, sigma^2) or sum_k w_k N(mu_k, sigma_k^2)
//
// Prior and p(x|z) are Gaussian, and yet p(z|x) = p(z) p(x|z) / p(x) is not: a curved f(z) moves
// all the complexity into it. No network gives it directly, so a second one, q_phi, stands in for
// it. It need not be a Gaussian: eight of them together close nearly all of the gap.
#include <cmath>
#include <limits>

#include "autograd/ops.hpp"
#include "prob/mixture.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// A mixture with K parts, K = 1 is the Gaussian.
struct MixtureQ {
  Parameter logits, mean, log_sigma;

  MixtureQ(const Tensor& means, double sigma)
      : logits("logits", zeros(means.shape())),
        mean("mean", means),
        log_sigma("log sigma", full(means.shape(), std::log(sigma))) {}

  prob::Mixture<prob::Normal> q() { return {logits, prob::Normal(mean, exp(log_sigma))}; }
  std::vector<Parameter*> parameters() { return {&logits, &mean, &log_sigma}; }
};

/// log q(z) at each z [n]; q has to be a density, its parts weighted by shares that add up to 1.
Tensor log_density(MixtureQ& of, const Tensor& z) { return of.q().log_prob(z); }
using LogDensity = decltype(&log_density);

/// Adam up the hill of the ELBO, an exact sum over the cells of z; returns the gap in nats.
double fit(LogDensity log_q_of, const Curve& curve, const Tensor& x, MixtureQ& of, int steps) {
  const Tensor log_joint = curve.log_joint_table(x), z = curve.grid.points;
  const auto elbo = [&] {
    const Tensor log_q = curve.grid.log_mass(log_q_of(of, z));
    return sum(exp(log_q) * (log_joint - log_q));
  };
  support::ascend(of.parameters(), elbo, {.steps = steps});
  return (curve.log_px(x) - elbo()).item();
}

/// The density p(z|x) at the points of the grid.
Tensor posterior(const Curve& curve, const Tensor& x) { return exp(curve.log_posterior(x)); }

// --- wrong versions

Tensor weights_not_shares(MixtureQ& of, const Tensor& z) {
  return logsumexp(of.logits + of.q().components.log_prob(reshape(z, {-1, 1})), -1);
}

Tensor posterior_of_flat_prior(const Curve& curve, const Tensor& x) {
  const Tensor log_lik = curve.likelihood(curve.grid.points).log_prob(x);
  return exp(log_lik - curve.grid.log_integral(log_lik));
}

// --- claims

void claims_of_posterior(Concept& c, const Curve& curve, const Tensor& density) {
  const Tensor mass = density * curve.grid.step(), z = curve.grid.points;
  const Tensor centred = z - sum(mass * z);
  const double variance = sum(mass * square(centred)).item();
  c.exact("kurtosis of p(z|x), 3 for a Gaussian",
          sum(mass * square(square(centred))).item() / (variance * variance), 2.256495);
}

/// The densities of the best q of each family at the points of the grid, and their gaps in nats.
struct Best {
  double gaussian_gap = std::numeric_limits<double>::infinity(), mixture_gap = 0;
  Tensor gaussian = {}, mixture = {};
};

Best claims_of_families(Concept& c, const Curve& curve, const Tensor& x, LogDensity log_q) {
  Best best;
  const Tensor z = curve.grid.points;
  const int steps = c.choose(3000, 1200);
  // A hump climbs the peak it starts on: the best of several starts is the family's best.
  for (const double start : {-1.6, -0.7, 0.2}) {
    MixtureQ one(full({1}, start), 0.1);
    const double gap = fit(log_q, curve, x, one, steps);
    if (gap < best.gaussian_gap) best.gaussian = exp(one.q().log_prob(z));
    best.gaussian_gap = std::min(gap, best.gaussian_gap);
  }
  MixtureQ eight(linspace(-2.4, 0.6, 8), 0.2);
  best.mixture_gap = fit(log_q, curve, x, eight, steps);
  best.mixture = exp(eight.q().log_prob(z));
  c.exact("best Gaussian: log p(x) - ELBO, nats", best.gaussian_gap, 0.386983, 1e-4);
  c.within("share of the gap that the mixture closes", 1 - best.mixture_gap / best.gaussian_gap,
           0.98, 1);
  c.exact("mass of the mixture", sum(exp(log_q(eight, z)) * curve.grid.step()).item(), 1);
  return best;
}

// --- picture

std::vector<Plot> picture(const Curve& curve, const Tensor& x, const Best& best) {
  const auto shown = [](const Tensor& values) {
    return slice(values, 0, 540, 880).to_vector();  // z from -2.6 to 0.8
  };
  const std::vector<double> z = shown(curve.grid.points);
  const auto panel = [&](const std::string& title) {
    return Plot(title, "z", "density")
        .line("p(z|x)", z, shown(posterior(curve, x)))
        .key("top left")
        .y_range(0, 9);
  };
  return {panel("one Gaussian takes one peak")
              .line(fmt::format("best Gaussian, gap {:.2f} nats", best.gaussian_gap), z,
                    shown(best.gaussian)),
          panel("eight together take the shape")
              .dashed(fmt::format("mixture of 8, gap {:.4f} nats", best.mixture_gap), z,
                      shown(best.mixture))};
}

// --- program

void program(Concept& c) {
  const LogDensity log_q = c.broken("weights_not_shares") ? weights_not_shares : log_density;
  const auto density = c.broken("flat_prior") ? posterior_of_flat_prior : posterior;
  const Curve curve = Curve::example();
  const Tensor x = tensor({0.9, -0.9});
  claims_of_posterior(c, curve, density(curve, x));
  c.draw(picture(curve, x, claims_of_families(c, curve, x, log_q)));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C56",
       .title = "Why a separate q exists, and what its family costs",
       .source = "VAE notes S2, the section on variational inference",
       .mutants = {{"weights_not_shares", "the parts of the mixture are not normalised"},
                   {"flat_prior", "p(z|x) is taken for the likelihood, made a density"}}},
      program);
}
