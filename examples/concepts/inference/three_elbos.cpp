// three_elbos: three spellings of the ELBO are one number, but three different estimators
// C33, UDL equations 17.16, 17.18, 17.21; notes S0 (1) and (2), S1, S2, S3
//
//     fit + spread       E_q[log p(x, z)]  +  H(q),             H(q) = -E_q[log q(z)]
//     fit - distance     E_q[log p(x | z)] -  KL(q || p(z))
//     one expectation    E_q[log p(x, z) - log q(z)]
//
// They differ in what is integrated by hand and what is left to samples. With the same noise e,
// z = mean + scale e, their averages agree; how far single samples scatter does not.
#include <cmath>

#include "autograd/ops.hpp"
#include "prob/kl.hpp"
#include "support/concept/concept.hpp"
#include "vae/exact/grid.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// H(q) = -E_q[log q(z)]: the ELBO rewards spread.
Tensor entropy(const prob::Normal& q) { return q.entropy(); }

/// What each spelling averages over z from q.
std::vector<Tensor> integrands(const auto& H, const prob::Normal& q, const Tensor& z) {
  const Line line = Line::example();
  const Tensor x = tensor(kLineX);
  return {line.log_joint(x, z) + H(q),
          line.likelihood(z).log_prob(x) - prob::kl(q, line.prior(q.shape())),
          line.log_joint(x, z) - q.log_prob(z)};
}
constexpr const char* kNames[] = {"fit + spread", "fit - distance", "one expectation"};

/// Several latents: the KL is a sum over them.
Tensor over_latents(const Tensor& kl) { return sum(kl, -1); }

/// The exact mean of f(e) over e ~ N(0, 1), from its values [..., n] on a grid.
Grid e_grid() { return {-12, 12, 2000}; }
Tensor mean_over_e(const Tensor& f) {
  const Tensor density = exp(prob::StandardNormal({}).log_prob(e_grid().points));
  return sum(density * f, -1, true) * e_grid().step();
}

// --- wrong versions

/// S3 calls this the entropy. It is minus the entropy.
Tensor expected_log_q(const prob::Normal& q) { return -q.entropy(); }
Tensor mean_over_latents(const Tensor& kl) { return mean(kl, -1); }

// --- claims

double largest(const Tensor& deviation) { return max(abs(deviation)).item(); }

/// For any q the three are equal, and equal to log p(x) - KL(q || posterior).
void claims_of_integrals(Concept& c, const auto& H, const auto& total, std::int64_t n) {
  Rng rng = c.rng("q");
  const prob::Normal q(rng.normal({n, 1}), exp(0.5 * rng.normal({n, 1})));
  const Line line = Line::example();
  const Tensor bound = line.log_px(tensor(kLineX)) - line.gap(tensor(kLineX), q);
  const auto spelled = integrands(H, q, q.loc + q.scale * e_grid().points);
  for (std::size_t i = 0; i < 3; ++i)
    c.identity(fmt::format("line, {}: farthest from log p(x) - KL(q || posterior)", kNames[i]),
               largest(mean_over_e(spelled[i]) - bound), 0, 1e-10);
  const Ppca ppca = Ppca::random(10, 3, 0.7, rng);
  const Tensor x = ppca.sample(rng, n).x;
  const prob::Normal q3(rng.normal({n, 3}), exp(0.5 * rng.normal({n, 3})), 1);
  const Tensor kl = total(prob::kl(prob::Normal(q3.loc, q3.scale), prob::StandardNormal({n, 3})));
  // E_q |x - m - W z|^2 has the variances of z on top of what its mean leaves.
  const Tensor spread = sum(square(q3.scale) * sum(square(ppca.weight), 0), -1);
  const Tensor fit = ppca.likelihood(q3.loc).log_prob(x) - 0.5 * spread / square(ppca.sigma);
  c.identity("ppca, fit - distance: farthest from log p(x) - KL(q || posterior)",
             largest(fit - kl - (ppca.log_px(x) - ppca.gap(x, q3))), 0, 1e-10);
}

/// How samples of each spelling, from the same noise, scatter around their common mean: the standard
/// deviation of each.
std::vector<double> claims_of_samples(Concept& c, const auto& H, const char* who,
                                      const prob::Normal& q) {
  const double elbo = Line::example().elbo(tensor(kLineX), q).item();
  const std::int64_t samples = c.choose(200000, 20000);
  Rng rng = c.rng("noise");
  const auto drawn = integrands(H, q, q.loc + q.scale * rng.normal({samples}));
  const auto on_grid = integrands(H, q, q.loc + q.scale * e_grid().points);
  std::vector<double> deviations;
  for (std::size_t i = 0; i < 3; ++i) {
    const double variance = mean_over_e(square(on_grid[i] - mean_over_e(on_grid[i]))).item();
    const prob::Estimate mean = prob::estimate(drawn[i]);
    const double measured = square(mean.standard_error).item() * static_cast<double>(samples);
    const std::string name = fmt::format("{}, {}: ", who, kNames[i]);
    if (variance < 1e-20) {  // every sample is the ELBO itself: there is nothing to average
      c.identity(name + "worst sample", largest(drawn[i] - elbo), 0);
    } else {
      c.monte_carlo(name + "mean", mean, elbo, 0.05);
      c.within(fmt::format("{}variance / {:.4f}", name, variance), measured / variance, 0.85, 1.15);
    }
    deviations.push_back(std::sqrt(variance));
  }
  return deviations;
}

// --- picture

Plot panel(const char* who, const prob::Normal& q, const std::vector<double>& deviations) {
  const Line line = Line::example();
  const double elbo = line.elbo(tensor(kLineX), q).item();
  return Plot(fmt::format("{}: a sample of each spelling", who), "", "nats")
      .names({kNames[0], kNames[1], kNames[2]})
      .error_bars("ELBO, plus and minus a sample's deviation", {0, 1, 2}, {elbo, elbo, elbo},
                  deviations)
      .dashed("log p(x)", {-0.7, 2.7}, std::vector<double>(2, line.log_px(tensor(kLineX)).item()))
      .y_range(-7, 2);
}

// --- program

void program(Concept& c) {
  const auto H = c.broken("entropy_sign") ? expected_log_q : entropy;
  const auto total = c.broken("mean_kl") ? mean_over_latents : over_latents;
  claims_of_integrals(c, H, total, 100);
  const prob::Normal prior(tensor(0.0), tensor(1.0));
  const prob::Normal posterior = Line::example().posterior(tensor(kLineX));
  c.draw({panel("q = prior", prior, claims_of_samples(c, H, "q = prior", prior)),
          panel("q = posterior", posterior, claims_of_samples(c, H, "q = posterior", posterior))});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C33",
                         .title = "three spellings of the ELBO",
                         .source = "UDL 17.16, 17.18, 17.21; S0 (1) and (2), S1, S2, S3",
                         .mutants = {{"entropy_sign", "E_q[log q] is called the entropy (S3)"},
                                     {"mean_kl", "the KL is a mean over latents, not a sum"}}},
                        program);
}
