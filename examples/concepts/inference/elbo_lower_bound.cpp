// elbo_lower_bound: by Jensen's inequality no q has an ELBO above log p(x)
// C32, UDL equations 17.14 to 17.16; notes S0, S2, S3
//
//     log p(x)  =  log E_q[w]  >=  E_q[log w]  =  ELBO,       w(z) = p(x, z) / q(z)
//
// The importance weight w has the mean p(x) under every q: the log of the mean is what we want, the
// mean of the log is what we can sample. It needs the whole of log q: a KL term with a weight below
// 1, as many programs have it, is no bound, and a large ELBO of theirs says nothing.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

constexpr double kLow = -3, kHigh = 0.5, kWidth = 0.05;  // of a histogram and its bins

/// The share of the numbers in each bin, drawn as steps.
void histogram(Plot& plot, const std::string& label, const Tensor& numbers) {
  std::vector<double> shares(static_cast<std::size_t>(std::lround((kHigh - kLow) / kWidth))), sides,
      steps;
  for (const double x : numbers.to_vector()) {
    const auto bin = std::lround(std::floor((x - kLow) / kWidth));
    if (bin < 0 || bin >= std::ssize(shares)) continue;
    shares[static_cast<std::size_t>(bin)] += 1.0 / static_cast<double>(numbers.size());
  }
  for (std::size_t bin = 0; bin < shares.size(); ++bin) {
    const double left = kLow + kWidth * static_cast<double>(bin);
    sides.insert(sides.end(), {left, left + kWidth});
    steps.insert(steps.end(), 2, shares[bin]);
  }
  plot.band(label, sides, std::vector<double>(sides.size(), 0), steps);
}

/// ELBO - log p(x) of n tables q over the states of a binary net: the posterior with noise.
Tensor of_tables(Concept& c, const BinaryNet& net, const Tensor& x, double noise, std::int64_t n) {
  Rng rng = c.rng(fmt::format("noise {}", noise));
  Tensor log_q = log_softmax(net.log_posterior(x) + noise * rng.normal({n, 16}));
  if (c.broken("q_not_normalised")) log_q = log_q - 0.5;
  const Tensor q = exp(log_q), log_px = net.log_px(x);
  const Tensor w = exp(net.log_joint(x) - log_q);
  const Tensor elbo = sum(q * log(w), -1);
  const std::string name = fmt::format("binary net, noise {} on q: ", noise);
  c.identity(name + "log E_q[w] - log p(x)", max(abs(log(sum(q * w, -1)) - log_px)).item(), 0);
  c.at_most(name + "largest E_q[log w] - log p(x)", max(elbo - log_px).item(), 1e-12);
  return elbo - log_px;
}

/// The same for a Gaussian latent with little noise, where densities are above 1: without log q the
/// "bound" is above log p(x) for some q.
void of_gaussians(Concept& c, std::int64_t n) {
  Rng rng = c.rng("gaussians");
  const Line line{tensor(1.0), tensor(0.1)};
  const Tensor x = tensor(kLineX);
  const prob::Normal posterior = line.posterior(x);
  const prob::Normal q(posterior.loc + 0.2 * rng.normal({n}),
                       posterior.scale * exp(rng.normal({n})));
  const Tensor without_log_q = line.elbo(x, q) - q.entropy();
  const Tensor elbo = c.broken("drop_log_q") ? without_log_q : line.elbo(x, q);
  c.at_most("line: largest ELBO - log p(x)", max(elbo - line.log_px(x)).item(), 1e-12);
  c.at_least("line, without log q: largest - log p(x)", max(without_log_q - line.log_px(x)).item(),
             1);
}

void program(Concept& c) {
  Rng rng = c.rng("net");
  const std::int64_t n = c.choose(10000, 2000);
  const BinaryNet net = BinaryNet::random(4, 6, rng);
  const Tensor x = net.sample(rng, 1).x;
  Plot left(fmt::format("the ELBO of {} random q", 3 * n), "ELBO - log p(x), nats", "share of q");
  histogram(left, "q near the posterior", of_tables(c, net, x, 0.5, n));
  histogram(left, "farther", of_tables(c, net, x, 1, n));
  histogram(left, "far", of_tables(c, net, x, 3, n));
  left.dashed("", {0, 0}, {0, 0.45}).note("log p(x)", 0.05, 0.42);
  of_gaussians(c, n);

  // The best q for E_q[log p(x|z)] - beta KL(q || prior) is prior(z) p(x|z)^(1/beta) / constant, and
  // what it reaches is beta log E_prior[p(x|z)^(1/beta)].
  const Tensor log_prior = net.prior().log_prob(net.states());
  const Tensor log_lik = net.log_joint(x) - log_prior;
  const auto best = [&](double weight) {
    const double beta = c.broken("half_kl") ? 0.5 * weight : weight;
    return (beta * logsumexp(log_prior + log_lik / beta, -1) - net.log_px(x)).item();
  };
  c.identity("best q of all, beta = 1: objective - log p(x)", best(1), 0);
  c.at_least("best q of all, beta = 0.5: above log p(x)", best(0.5), 0.01);
  c.at_most("best q of all, beta = 2: below log p(x)", best(2), -0.01);
  const std::vector<double> betas = support::grid(0.2, 2.5, 47);
  c.draw({left.x_range(kLow, kHigh).y_range(0, 0.45).key("top left"),
          Plot("a weight below 1 on the KL: not a bound", "beta, weight of the KL",
               "best objective - log p(x), nats")
              .line("largest E log p(x|z) - beta KL over all q", betas, support::each(betas, best))
              .dashed("log p(x)", {0.2, 2.5}, {0, 0})
              .points("the ELBO", {1}, {0})});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C32",
                         .title = "the ELBO is a lower bound, by Jensen's inequality",
                         .source = "UDL equations 17.14 to 17.16; S0, S2, S3",
                         .mutants = {{"half_kl", "the KL has half its weight"},
                                     {"drop_log_q", "q is left out of the denominator"},
                                     {"q_not_normalised", "a table q that sums to less than one"}}},
                        program);
}
