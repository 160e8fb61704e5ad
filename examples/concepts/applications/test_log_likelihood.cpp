// test_log_likelihood: many weighted samples judge a model where the ELBO also judges its encoder
// C68, UDL section 17.8.1
//
//     L_k = E log( 1/k sum_i w_i ),   w = p(x, z) / q(z|x):     ELBO = L_1 <= L_5 <= L_50 <= ... -> log p(x)
//
// A test bound mixes two things: how well the model explains new data, and how close q is to the
// posterior. Here the better of two models has the poorer encoder, and the ELBO prefers the other.
// In a few thousand samples the encoder's share is gone, and the ranking is right.
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "support/concept.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;
using vae::exact::Ppca;

namespace {

constexpr std::int64_t kSamples = 5000;

/// log w [kSamples, B] of samples of q for each row of x [B, D].
template <class Q>
Tensor log_weights(const Ppca& model, const Tensor& x, const Q& q, Rng& rng) {
  const Tensor z = q.sample(rng, {kSamples});
  return model.log_joint(x, z) - q.log_prob(z);
}

/// L_k of each x [B], from groups of k samples: the same samples for every k.
Tensor bound(const Concept& c, const Tensor& log_w, std::int64_t k) {
  const Tensor groups = reshape(log_w, {kSamples / k, k, log_w.dim(1)});
  if (c.broken("mean_of_logs")) return mean(groups, {0, 1});
  if (c.broken("not_divided")) return mean(logsumexp(groups, 1), 0);  // log sum w
  return mean(prob::log_mean_exp(groups, 1), 0);
}

double bits_per_dimension(double nats, std::int64_t dimensions) {
  return nats / (static_cast<double>(dimensions) * std::numbers::ln2);
}

void program(Concept& c) {
  Rng fixed(1);  // the models and the test set are the same whatever the seed
  const Ppca good = Ppca::random(10, 3, 1.0, fixed);
  const Ppca worse{.weight = good.weight, .mean = good.mean, .sigma = tensor(1.15)};
  const Tensor x = good.sample(fixed, c.choose(200, 50)).x;

  // The good model's encoder has independent latents; the worse one has the very posterior.
  const prob::MultivariateNormal posterior = good.posterior(x);
  const prob::Normal encoder(posterior.loc, sqrt(posterior.variance()), 1);
  Rng rng = c.rng("samples");
  const Tensor log_w = log_weights(good, x, encoder, rng);
  const Tensor log_w_worse = log_weights(worse, x, worse.posterior(x), rng);

  const Tensor exact = good.log_px(x), elbo = bound(c, log_w, 1);
  c.monte_carlo("L_1 - ELBO in closed form", prob::estimate(elbo - good.elbo(x, encoder)), 0, 0.01);
  // Of the same samples, a larger group can only give more (Jensen), for every single x.
  Tensor before = elbo;
  for (const std::int64_t k : {5, 50, 5000}) {
    const Tensor now = bound(c, log_w, k);
    c.at_least(fmt::format("L_{} minus the bound before it, smallest over x", k),
               -max(before - now).item(), 1e-6);
    before = now;
  }
  const prob::Estimate short_by = prob::estimate(exact - before);
  c.at_least("log p(x) - L_5000, in standard errors",
             (short_by.mean / short_by.standard_error).item(), -4);
  c.at_most("log p(x) - L_5000, nats", short_by.mean.item(), 0.01);

  // The ranking of the two models, as a difference on the same test set.
  const auto good_minus_worse = [&](std::int64_t k) {
    return mean(bound(c, log_w, k) - bound(c, log_w_worse, k)).item();
  };
  const double truth = mean(exact - worse.log_px(x)).item();
  c.at_least("good minus worse model: log p(x), exact", truth, 0.03);
  c.at_most("good minus worse model: ELBO", good_minus_worse(1), -0.03);
  c.within("good minus worse model: L_5000 - exact", good_minus_worse(5000) - truth, -0.01, 0.01);

  // Units. Nats become bits by 1 / ln 2; per dimension they can be compared between image sizes.
  c.exact("100 nats for 784 pixels, bits per pixel", bits_per_dimension(100, 784), 0.18402, 1e-5);
  const double nats = -mean(before).item();
  fmt::print("good model: -log p(x) = {:.4f} nats = {:.4f} bits per dimension\n", nats,
             bits_per_dimension(nats, 10));

  const std::vector<double> k{1, 2, 5, 10, 20, 50, 100, 500, 1000, 5000};
  const auto stairs = [&](const Tensor& weights) {
    return support::each(
        k, [&](double n) { return mean(bound(c, weights, static_cast<int>(n))).item(); });
  };
  c.draw({Plot("two models judged by L_k", "samples k", "nats")
              .line("good model, poor encoder", k, stairs(log_w))
              .line("worse model, exact posterior", k, stairs(log_w_worse))
              .dashed("log p(x), good model", {1, 5000}, {mean(exact).item(), mean(exact).item()})
              .log_x()
              .key("bottom right")});
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C68",
       .title = "The test log-likelihood, and why it judges better than the bound",
       .source = "UDL section 17.8.1; model F2",
       .mutants = {{"mean_of_logs", "log w is averaged instead of w: every L_k is the ELBO"},
                   {"not_divided", "the sum of the weights is not divided by k"}}},
      program);
}
