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
#include "support/climb.hpp"
#include "support/concept.hpp"
#include "vae/exact/curve.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

/// A mixture with K parts, K = 1 is the Gaussian.
struct MixtureQ {
  Parameter logits, mean, log_sigma;

  MixtureQ(const Tensor& means, double sigma)
      : logits("logits", zeros(means.shape())),
        mean("mean", means),
        log_sigma("log sigma", full(means.shape(), std::log(sigma))) {}

  prob::Mixture<prob::Normal> q() {
    return {1.0 * logits, prob::Normal(1.0 * mean, exp(log_sigma))};
  }
  std::vector<Parameter*> parameters() { return {&logits, &mean, &log_sigma}; }
};

/// log q(z) at each z [n]; q has to be a density, its parts weighted by shares that add up to 1.
Tensor log_density(const Concept& c, MixtureQ& of, const Tensor& z) {
  if (!c.broken("weights_not_shares")) return of.q().log_prob(z);
  return logsumexp(of.logits + of.q().components.log_prob(reshape(z, {-1, 1})), -1);
}

/// Adam up the hill of the ELBO, an exact sum over the cells of z; returns the gap in nats.
double fit(const Concept& c, const Curve& curve, const Tensor& x, MixtureQ& of) {
  const Tensor log_joint = curve.log_joint_table(x), z = curve.grid.points;
  const auto elbo = [&] {
    const Tensor log_q = curve.grid.log_mass(log_density(c, of, z));
    return sum(exp(log_q) * (log_joint - log_q));
  };
  support::climb(of.parameters(), elbo, {.steps = c.choose(3000, 1200)});
  return (curve.log_px(x) - elbo()).item();
}

void program(Concept& c) {
  const Curve curve = Curve::example();
  const Tensor x = tensor({0.9, -0.9}), z = curve.grid.points;
  const Tensor posterior = exp(curve.log_posterior(x));

  const Tensor mass = posterior * curve.grid.step();
  const Tensor centred = z - sum(mass * z);
  const double variance = sum(mass * square(centred)).item();
  c.at_most("kurtosis of p(z|x), 3 for a Gaussian",
            sum(mass * square(square(centred))).item() / (variance * variance), 2.5);

  // A hump climbs the peak it starts on: the best of several starts is the family's best.
  double gaussian_gap = std::numeric_limits<double>::infinity();
  Tensor gaussian;
  for (const double start : {-1.6, -0.7, 0.2}) {
    MixtureQ one(full({1}, start), 0.1);
    const double gap = fit(c, curve, x, one);
    if (gap < gaussian_gap) gaussian = exp(one.q().log_prob(z));
    gaussian_gap = std::min(gap, gaussian_gap);
  }
  MixtureQ eight(linspace(-2.4, 0.6, 8), 0.2);
  const double gap = fit(c, curve, x, eight);
  c.at_least("best Gaussian: log p(x) - ELBO, nats", gaussian_gap, 0.1);
  c.within("mixture of 8: log p(x) - ELBO, nats", gap, 0, 0.1 * gaussian_gap);
  c.within("share of the gap that the mixture closes", 1 - gap / gaussian_gap, 0.9, 1);
  c.exact("mass of the mixture", sum(exp(log_density(c, eight, z)) * curve.grid.step()).item(), 1);

  const auto shown = [](const Tensor& values) {
    return slice(values, 0, 540, 880).to_vector();  // z from -2.6 to 0.8
  };
  const auto panel = [&](const std::string& title) {
    return Plot(title, "z", "density")
        .line("p(z|x)", shown(z), shown(posterior))
        .key("top left")
        .y_range(0, 9);
  };
  c.draw({panel("one Gaussian takes one peak")
              .line(fmt::format("best Gaussian, gap {:.2f} nats", gaussian_gap), shown(z),
                    shown(gaussian)),
          panel("eight together take the shape")
              .dashed(fmt::format("mixture of 8, gap {:.4f} nats", gap), shown(z),
                      shown(exp(eight.q().log_prob(z))))});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C56",
       .title = "Why a separate q exists, and what its family costs",
       .source = "VAE notes S2, the section on variational inference",
       .mutants = {{"weights_not_shares", "the parts of the mixture are not normalised"}}},
      program);
}
