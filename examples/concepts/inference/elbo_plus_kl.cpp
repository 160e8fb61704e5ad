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
#include "support/concept/concept.hpp"
#include "vae/exact/binary_net.hpp"
#include "vae/exact/line.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using namespace tapestry::vae::exact;
using support::Concept;
using support::Plot;

namespace {

// --- model

// Four binary latents: expectations are sums over all 16 states z, tables [.., 16] over them.

/// log p(z | x) by Bayes' rule, one x_d after another: each posterior is the prior of the next.
Tensor log_posterior(const BinaryNet& net, const Tensor& x) {
  const prob::Bernoulli p_x = net.likelihood(net.states());
  const Tensor log_lik = prob::Bernoulli(p_x.logits).log_prob(x);  // of each x_d, [16, D]
  Tensor log_p = net.prior().log_prob(net.states());
  for (std::int64_t d = 0; d < net.outputs(); ++d) {
    log_p = log_softmax(log_p + reshape(slice(log_lik, 1, d, d + 1), {-1}), -1);
  }
  return log_p;
}

Tensor elbo(const Tensor& log_joint, const Tensor& log_q) {
  return sum(exp(log_q) * (log_joint - log_q), -1);
}

Tensor kl(const Tensor& log_q, const Tensor& log_p) {
  return sum(exp(log_q) * (log_q - log_p), -1);
}

// --- wrong versions

Tensor elbo_without_log_q(const Tensor& log_joint, const Tensor& log_q) {
  return sum(exp(log_q) * log_joint, -1);
}
Tensor kl_swapped(const Tensor& log_q, const Tensor& log_p) { return kl(log_p, log_q); }
/// The variance of the noise, 0.5, in the place of its standard deviation.
Line line_of_variance() { return {tensor(1.0), tensor(0.5)}; }

// --- claims

double largest(const Tensor& deviation) { return max(abs(deviation)).item(); }

/// One Gaussian latent: each term in closed form, for the means and scales of many q at once. `given`
/// is the x of the posterior.
void claims_of_one_latent(Concept& c, const Line& line, const Tensor& given, std::int64_t n) {
  Rng rng = c.rng("line");
  const Tensor x = tensor(kLineX), z = 3.0 * rng.normal({n});
  c.identity("line: log p(x,z) - log p(z|x) at any z is log p(x)",
             largest(line.log_joint(x, z) - line.posterior(given).log_prob(z) - line.log_px(x)), 0);
  const prob::Normal q(2.0 * rng.normal({n}), exp(rng.normal({n})));
  c.identity("line: ELBO + KL - log p(x), largest of all q",
             largest(line.elbo(x, q) + line.gap(given, q) - line.log_px(x)), 0, 1e-10);
  const prob::Normal prior(0.0, 1.0);
  c.exact("line: log p(x)", line.log_px(x).item(), -1.6850044206, 1e-9);
  c.exact("line: ELBO of q = N(0,1)", line.elbo(x, prior).item(), -3.2623649429, 1e-9);
  c.exact("line: KL of q = N(0,1)", line.gap(given, prior).item(), 1.5773605223, 1e-9);
}

/// Three Gaussian latents with a full covariance, ten observations; the posterior is that of x + shift.
void claims_of_more_latents(Concept& c, double shift, std::int64_t n) {
  Rng rng = c.rng("ppca");
  const Ppca ppca = Ppca::random(10, 3, 0.7, rng);
  const Tensor x = ppca.sample(rng, n).x;
  const Tensor a = rng.normal({3, 3});
  const Tensor covariance = matmul(a, a, {.transpose_right = true}) + eye(3);
  const prob::MultivariateNormal q(rng.normal({n, 3}), cholesky(covariance));
  c.identity("ppca: ELBO + KL - log p(x), largest of all x and q",
             largest(ppca.elbo(x, q) + ppca.gap(x + shift, q) - ppca.log_px(x)), 0, 1e-10);
}

struct Net {
  Tensor elbo, log_px;  ///< of ten tables q
};

/// Each q is a random table. ELBO, KL and log p(x) are computed from different things.
Net claims_of_tables(Concept& c, const auto& elbo_of, const auto& kl_of, std::int64_t n) {
  Rng rng = c.rng("binary net");
  const BinaryNet net = BinaryNet::random(4, 6, rng);
  const Tensor x = net.sample(rng, 1).x, log_px = net.log_px(x);
  const Tensor log_q = log_softmax(2.0 * rng.normal({n, 16}));
  const Tensor bound = elbo_of(net.log_joint(x), log_q);
  c.identity("binary net: ELBO + KL - log p(x), largest of all q",
             largest(bound + kl_of(log_q, log_posterior(net, x)) - log_px), 0);
  return {slice(bound, 0, 0, 10), log_px};
}

// --- picture

Plot line_picture() {
  const Line line = Line::example();
  const std::vector<double> at = support::grid(-0.8, 2.6, 100);
  const prob::Normal q(tensor(at, {100}), tensor(0.8));
  const std::vector<double> bound = line.elbo(tensor(kLineX), q).to_vector();
  const std::vector<double> top(100, line.log_px(tensor(kLineX)).item()), floor(100, -6.0);
  return Plot("line: ELBO and KL share what log p(x) gives", "mean of q", "nats")
      .band("", at, floor, bound)
      .band("", at, bound, top)
      .line("", at, top)
      .x_range(-0.8, 2.6)
      .y_range(-6, -1)
      .note("log p(x)", 0.7, -1.5)
      .note("ELBO", 0.7, -4)
      .note("KL(q || p(z|x))", 1.75, -2.3);
}

Plot bars_picture(const Net& net) {
  const std::vector<double> bounds = net.elbo.to_vector();
  const std::size_t n = 3 * bounds.size();
  std::vector<double> sides, heights, floor(n, -8), tops(n, net.log_px.item());
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const double middle = static_cast<double>(i + 1);
    sides.insert(sides.end(), {middle - 0.4, middle + 0.4, NAN});  // NaN: a space between two bars
    heights.insert(heights.end(), 3, bounds[i]);
  }
  return Plot("binary net: the same with ten random tables q", "number of q", "nats")
      .band("", sides, floor, heights)
      .band("", sides, heights, tops)
      .line("", sides, tops);
}

// --- program

void program(Concept& c) {
  const auto elbo_of = c.broken("drop_log_q") ? elbo_without_log_q : elbo;
  const auto kl_of = c.broken("swap_kl") ? kl_swapped : kl;
  const double shift = c.broken("another_posterior") ? 0.01 : 0;
  const Line line = c.broken("variance_for_scale") ? line_of_variance() : Line::example();
  const std::int64_t n = c.choose(1000, 100);
  claims_of_one_latent(c, line, tensor(kLineX + shift), n);
  claims_of_more_latents(c, shift, n);
  c.draw({line_picture(), bars_picture(claims_of_tables(c, elbo_of, kl_of, n))});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C30",
                         .title = "log p(x) = ELBO + KL(q || p(z|x)), for every q",
                         .source = "UDL equation 17.17; S0, S1, S2, S3",
                         .mutants = {{"drop_log_q", "the ELBO without its entropy"},
                                     {"swap_kl", "KL(posterior || q), the other direction"},
                                     {"another_posterior", "the KL to p(z|x) of another x"},
                                     {"variance_for_scale", "0.5 is the noise's deviation"}}},
                        program);
}
