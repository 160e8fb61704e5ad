// gaussian_entropy: the entropy of a Gaussian may be negative, and in the ELBO it rewards spread
// C03, Pyro/VAE notes S0 equation (2); variational inference notes S3
//
//     H(q) = -E_q[log q(z)] = 1/2 log(2 pi e sigma^2)      ELBO = E_q[log p(x, z)] + H(q)
//
// Entropy is MINUS the mean of log q. Who calls E_q[log q] the entropy tells the story of the ELBO
// the wrong way round: then a narrow q would be rewarded, and the best q would be a point.
#include <cmath>
#include <numbers>

#include "prob/prob.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/derivative.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// 1/2 log(2 pi e sigma^2), in nats.
Tensor entropy(const Tensor& sigma) {
  return 0.5 * log(2 * std::numbers::pi * std::numbers::e * square(sigma));
}

/// E_q[log p(x | z)] + E_q[log p(z)] for the line's model, at its x.
Tensor expected_log_joint(const Line& line, const prob::Normal& q) {
  const Tensor log_prior = line.prior().log_prob(q.loc) - 0.5 * square(q.scale);
  return line.expected_log_lik(tensor(kLineX), q) + log_prior;
}

// --- wrong versions

/// The slip of S3: E_q[log q] taken for the entropy.
Tensor expected_log_q(const Tensor& sigma) { return -entropy(sigma); }
Tensor entropy_of_variance(const Tensor& variance) { return entropy(sqrt(variance)); }

// --- claims

void claims(Concept& c, const auto& H) {
  Rng rng = c.rng("z");
  const std::int64_t n = c.choose(200000, 50000);
  for (const double sigma : {0.1, 1.0, 3.0}) {
    const prob::Normal q(tensor(0.7), tensor(sigma));
    c.monte_carlo(fmt::format("mean of -log q(z), sigma {}", sigma),
                  prob::estimate(-q.log_prob(q.sample(rng, {n}))), H(tensor(sigma)).item(), 0.005);
  }

  // Where H is 0: a Gaussian this narrow has a density above 1 where it matters.
  double low = 0.01, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (H(tensor(middle)).item() < 0 ? low : high) = middle;
  }
  c.exact("sigma where the entropy changes its sign", low, 0.241971, 1e-6);

  // ELBO, form 2, on the line: x = 1.3 and q = N(0, 1).
  const Line line = Line::example();
  const prob::Normal standard(tensor(0.0), tensor(1.0));
  c.exact("E log p(x, z) + H(q) on the line, q = N(0, 1)",
          (expected_log_joint(line, standard) + H(standard.scale)).item(), -3.2623649429, 1e-9);

  // More spread, more entropy: dH/dsigma = 1 / sigma.
  const Tensor sigma = tensor({0.2, 1.0, 5.0});
  c.identity("largest |dH/dsigma - 1/sigma|",
             max(abs(support::slope(H, sigma) - 1.0 / sigma)).item(), 0);

  // The best width, q at the posterior's mean.
  const std::vector<double> widths = support::grid(0.05, 1.5, 300);
  const prob::Normal q(line.posterior(tensor(kLineX)).loc, tensor(widths, {300}));
  const Tensor elbo = expected_log_joint(line, q) + H(q.scale);
  const auto best = widths[static_cast<std::size_t>(argmax(elbo).item())];
  c.within("width with the largest ELBO: 1/sqrt(3), a step of the grid", best, 0.5725, 0.5822);
}

// --- picture

std::vector<Plot> picture() {
  const Line line = Line::example();
  const std::vector<double> widths = support::grid(0.05, 1.5, 300);
  const Tensor grid = tensor(widths, {300});
  const Tensor joint =
      expected_log_joint(line, prob::Normal(line.posterior(tensor(kLineX)).loc, grid));
  const std::vector<double> wide = support::grid(0.03, 2.5, 200);
  return {
      Plot("a narrow Gaussian has negative entropy", "sigma", "H(q), nats")
          .line("1/2 log(2 pi e sigma^2)", wide, entropy(tensor(wide, {200})).to_vector())
          .points("0 at sigma = 0.242", {0.241971}, {0})
          .key("bottom right"),
      Plot("the entropy keeps q from shrinking to a point", "sigma of q", "nats")
          .line("ELBO = E log p(x, z) + H(q)", widths, (joint + entropy(grid)).to_vector())
          .dashed("E log p(x, z) alone", widths, joint.to_vector())
          .dashed("E log p(x, z) + E log q: the slip", widths, (joint - entropy(grid)).to_vector())
          .points("posterior: sigma = 0.577", {std::sqrt(1.0 / 3)}, {-1.6850044206})
          .y_range(-6, 2)};
}

// --- program

void program(Concept& c) {
  const auto H = c.broken("slip")       ? expected_log_q
                 : c.broken("variance") ? entropy_of_variance
                                        : entropy;
  claims(c, H);
  c.draw(picture());
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C03",
                         .title = "the entropy of a Gaussian and the second form of the ELBO",
                         .source = "Pyro/VAE notes S0 equation (2); variational inference notes S3",
                         .mutants = {{"slip", "E log q is called the entropy"},
                                     {"variance", "sigma^2 passed where sigma is expected"}}},
                        program);
}
