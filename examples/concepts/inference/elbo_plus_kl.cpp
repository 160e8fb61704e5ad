// elbo_plus_kl: whatever q is, its ELBO and its KL to the posterior add up to log p(x)
// C30, UDL equation 17.17; notes S0, S1, S2, S3
//
//     log p(x)  =  E_q[log p(x, z) - log q(z)]  +  E_q[log q(z) - log p(z | x)]
//                            ELBO                       KL(q || p(z | x))
//
// It is Bayes' rule, log p(x) = log p(x, z) - log p(z | x), true at every z, with log q(z) taken off
// and put back, averaged over q. The left side does not know q: what the ELBO wins, the KL loses.
#include <cmath>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

double largest(const Tensor& deviation) { return max(abs(deviation)).item(); }

/// One Gaussian latent: each term in closed form, for the means and scales of many q at once.
void one_latent(Concept& c, std::int64_t n) {
  Rng rng = c.rng("line");
  const Line line = Line::example();
  const Tensor x = tensor(kLineX), z = 3.0 * rng.normal({n});
  c.identity("line: log p(x,z) - log p(z|x) at any z is log p(x)",
             largest(line.log_joint(x, z) - line.posterior(x).log_prob(z) - line.log_px(x)), 0);
  const prob::Normal q(2.0 * rng.normal({n}), exp(rng.normal({n})));
  c.identity("line: ELBO + KL - log p(x), largest of all q",
             largest(line.elbo(x, q) + line.gap(x, q) - line.log_px(x)), 0, 1e-10);
  const prob::Normal prior(tensor(0.0), tensor(1.0));
  c.exact("line: log p(x)", line.log_px(x).item(), -1.6850044206, 1e-9);
  c.exact("line: ELBO of q = N(0,1)", line.elbo(x, prior).item(), -3.2623649429, 1e-9);
  c.exact("line: KL of q = N(0,1)", line.gap(x, prior).item(), 1.5773605223, 1e-9);
}

/// Three Gaussian latents with a full covariance, ten observations.
void more_latents(Concept& c, std::int64_t n) {
  Rng rng = c.rng("ppca");
  const Ppca ppca = Ppca::random(10, 3, 0.7, rng);
  const Tensor x = ppca.sample(rng, n).x;
  const Tensor a = rng.normal({3, 3}),
               covariance = matmul(a, a, {.transpose_right = true}) + eye(3);
  const prob::MultivariateNormal q(rng.normal({n, 3}), cholesky(covariance));
  c.identity("ppca: ELBO + KL - log p(x), largest of all x and q",
             largest(ppca.elbo(x, q) + ppca.gap(x, q) - ppca.log_px(x)), 0, 1e-10);
}

Plot line_picture() {
  const Line line = Line::example();
  const std::vector<double> at = support::grid(-0.8, 2.6, 100);
  const prob::Normal q(tensor(at, {100}), tensor(0.8));
  const std::vector<double> elbo = line.elbo(tensor(kLineX), q).to_vector();
  const std::vector<double> top(100, line.log_px(tensor(kLineX)).item()), floor(100, -6.0);
  return Plot("line: ELBO and KL share what log p(x) gives", "mean of q", "nats")
      .band("", at, floor, elbo)
      .band("", at, elbo, top)
      .line("", at, top)
      .x_range(-0.8, 2.6)
      .y_range(-6, -1)
      .note("log p(x)", 0.7, -1.5)
      .note("ELBO", 0.7, -4)
      .note("KL(q || p(z|x))", 1.75, -2.3);
}

Plot bars_picture(const std::vector<double>& elbo, double log_px) {
  const std::size_t n = 3 * elbo.size();
  std::vector<double> sides, heights, floor(n, -8), tops(n, log_px);
  for (std::size_t i = 0; i < elbo.size(); ++i) {
    const double middle = static_cast<double>(i + 1);
    sides.insert(sides.end(), {middle - 0.4, middle + 0.4, NAN});  // NaN: a space between two bars
    heights.insert(heights.end(), 3, elbo[i]);
  }
  return Plot("binary net: the same with ten random tables q", "number of q", "nats")
      .band("", sides, floor, heights)
      .band("", sides, heights, tops)
      .line("", sides, tops);
}

/// Four binary latents: expectations are sums over all 16 states z. Each q is a random table.
Plot enumerated(Concept& c, std::int64_t n) {
  Rng rng = c.rng("binary net");
  const BinaryNet net = BinaryNet::random(4, 6, rng);
  const Tensor x = net.sample(rng, 1).x;
  const Tensor log_q = log_softmax(2.0 * rng.normal({n, 16})), q = exp(log_q);
  const Tensor log_joint = net.log_joint(x);        // log p(x, z), one entry for each z
  const Tensor log_px = logsumexp(log_joint, -1);   // log sum_z p(x, z)
  const Tensor log_posterior = log_joint - log_px;  // Bayes' rule
  const double with_log_q = c.broken("drop_log_q") ? 0 : 1;
  const Tensor elbo = sum(q * (log_joint - with_log_q * log_q), -1);
  const Tensor kl = c.broken("swap_kl")
                        ? sum(exp(log_posterior) * (log_posterior - log_q), -1)  // KL(p || q)
                        : sum(q * (log_q - log_posterior), -1);
  c.identity("binary net: ELBO + KL - log p(x), largest of all q", largest(elbo + kl - log_px), 0);
  return bars_picture(slice(elbo, 0, 0, 10).to_vector(), log_px.item());
}

void program(Concept& c) {
  const std::int64_t n = c.choose(1000, 100);
  one_latent(c, n);
  more_latents(c, n);
  c.draw({line_picture(), enumerated(c, n)});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C30",
                         .title = "log p(x) = ELBO + KL(q || p(z|x)), for every q",
                         .source = "UDL equation 17.17; S0, S1, S2, S3",
                         .mutants = {{"drop_log_q", "the ELBO without its entropy"},
                                     {"swap_kl", "KL(posterior || q), the other direction"}}},
                        program);
}
