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
#include "support/concept/concept.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/line.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

/// A table log q over the states, from any scores.
Tensor table(const Tensor& scores) { return log_softmax(scores); }

Tensor line_elbo(const Line& line, const prob::Normal& q) { return line.elbo(tensor(kLineX), q); }

/// The best q for E_q[log p(x|z)] - beta KL(q || prior) is prior(z) p(x|z)^(1/beta) / constant, and
/// what it reaches is beta log E_prior[p(x|z)^(1/beta)]. This much above log p(x):
double best_objective(const BinaryNet& net, const Tensor& x, double beta) {
  const Tensor log_prior = net.prior().log_prob(net.states());
  const Tensor log_lik = net.log_joint(x) - log_prior;
  return (beta * logsumexp(log_prior + log_lik / beta, -1) - net.log_px(x)).item();
}

// --- wrong versions

Tensor table_below_one(const Tensor& scores) { return table(scores) - 0.5; }
Tensor line_elbo_without_log_q(const Line& line, const prob::Normal& q) {
  return line_elbo(line, q) - q.entropy();
}
double best_of_half_kl(const BinaryNet& net, const Tensor& x, double beta) {
  return best_objective(net, x, 0.5 * beta);
}

// --- claims

/// ELBO - log p(x) of n tables q over the states of a binary net: the posterior with noise.
Tensor claims_of_tables(Concept& c, const auto& table_of, const BinaryNet& net, const Tensor& x,
                        double noise, std::int64_t n) {
  Rng rng = c.rng(fmt::format("noise {}", noise));
  const Tensor log_q = table_of(net.log_posterior(x) + noise * rng.normal({n, 16}));
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
void claims_of_gaussians(Concept& c, const auto& elbo_of, std::int64_t n) {
  Rng rng = c.rng("gaussians");
  const Line line{tensor(1.0), tensor(0.1)};
  const prob::Normal posterior = line.posterior(tensor(kLineX));
  const Tensor log_px = line.log_px(tensor(kLineX));
  const prob::Normal q(posterior.loc + 0.2 * rng.normal({n}),
                       posterior.scale * exp(rng.normal({n})));
  c.at_most("line: largest ELBO - log p(x)", max(elbo_of(line, q) - log_px).item(), 1e-12);
  c.at_least("line, without log q: largest - log p(x)",
             max(line_elbo(line, q) - q.entropy() - log_px).item(), 1);
}

void claims_of_beta(Concept& c, const auto& best, const BinaryNet& net, const Tensor& x) {
  c.identity("best q of all, beta = 1: objective - log p(x)", best(net, x, 1), 0);
  c.at_least("best q of all, beta = 0.5: above log p(x)", best(net, x, 0.5), 0.01);
  c.at_most("best q of all, beta = 2: below log p(x)", best(net, x, 2), -0.01);
}

// --- picture

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

std::vector<Plot> picture(const std::vector<Tensor>& near_to_far, const BinaryNet& net,
                          const Tensor& x) {
  Plot left(fmt::format("the ELBO of {} random q", 3 * near_to_far[0].size()),
            "ELBO - log p(x), nats", "share of q");
  histogram(left, "q near the posterior", near_to_far[0]);
  histogram(left, "farther", near_to_far[1]);
  histogram(left, "far", near_to_far[2]);
  left.dashed("", {0, 0}, {0, 0.45}).note("log p(x)", 0.05, 0.42);
  const std::vector<double> betas = support::grid(0.2, 2.5, 47);
  const auto best = [&](double beta) { return best_objective(net, x, beta); };
  return {left.x_range(kLow, kHigh).y_range(0, 0.45).key("top left"),
          Plot("a weight below 1 on the KL: not a bound", "beta, weight of the KL",
               "best objective - log p(x), nats")
              .line("largest E log p(x|z) - beta KL over all q", betas, support::each(betas, best))
              .dashed("log p(x)", {0.2, 2.5}, {0, 0})
              .points("the ELBO", {1}, {0})};
}

// --- program

void program(Concept& c) {
  const auto table_of = c.broken("q_not_normalised") ? table_below_one : table;
  const auto elbo_of = c.broken("drop_log_q") ? line_elbo_without_log_q : line_elbo;
  const auto best = c.broken("half_kl") ? best_of_half_kl : best_objective;
  Rng rng = c.rng("net");
  const std::int64_t n = c.choose(10000, 2000);
  const BinaryNet net = BinaryNet::random(4, 6, rng);
  const Tensor x = net.sample(rng, 1).x;
  std::vector<Tensor> near_to_far;
  for (const double noise : {0.5, 1.0, 3.0})
    near_to_far.push_back(claims_of_tables(c, table_of, net, x, noise, n));
  claims_of_gaussians(c, elbo_of, n);
  claims_of_beta(c, best, net, x);
  c.draw(picture(near_to_far, net, x));
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
