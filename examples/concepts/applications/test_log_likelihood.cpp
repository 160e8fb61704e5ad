// test_log_likelihood: many weighted samples judge a model where the ELBO also judges its encoder
// C68, UDL section 17.8.1
//
//     L_k = E log( 1/k sum_i w_i ),   w = p(x, z) / q(z|x):     ELBO = L_1 <= L_5 <= L_50 <= ... -> log p(x)
//
// A test bound mixes two things: how well the model explains new data, and how close q is to the
// posterior. Here the better of two models has the poorer encoder, and the ELBO prefers the other.
// In a few thousand samples the encoder's share is gone, and the ranking is right.
#include <cmath>

#include "autograd/ops.hpp"
#include "concepts/applications/test_log_likelihood.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor mean_of_logs(const Tensor& log_w, std::int64_t) { return mean(log_w, 0); }

Tensor log_of_sums(const Tensor& log_w, std::int64_t k) {
  return bound(log_w, k) + std::log(static_cast<double>(k));
}

// --- claims

/// log w [kSamples, B] of both models.
struct Weights {
  Tensor good, worse;
};

void claims_of_encoder(Concept& c, const Test& t, const prob::Normal& encoder, const Weights& w,
                       const auto& L) {
  c.monte_carlo("L_1 - ELBO in closed form",
                prob::estimate(L(w.good, 1) - t.good.elbo(t.x, encoder)), 0, 0.01);
  // What the encoder costs is decided by the posterior's correlations R. With the exact posterior
  // all weights are p(x), and any number of them is enough.
  const prob::MultivariateNormal posterior = t.good.posterior(t.x);
  const Tensor s = slice(sqrt(posterior.variance()), 0, 0, 1);
  const Tensor r = posterior.covariance() / (s * transpose(s));
  const Tensor precision = sum(square(t.good.weight), 0) + 1.0;  // its diagonal, for sigma = 1
  c.exact("log p(x) - ELBO, in closed form", mean(t.exact - t.good.elbo(t.x, encoder)).item(),
          0.5 * (sum(precision * square(s)) - 3.0 + log_det(r)).item(), 1e-9);
  c.identity("worse model, exact posterior: largest |L_5 - log p(x)|",
             max(abs(L(w.worse, 5) - t.worse.log_px(t.x))).item(), 0, 1e-9);
}

/// Of the same samples, a larger group can only give more (Jensen), for every single x.
void claims_of_samples(Concept& c, const Test& t, const Weights& w, const auto& L) {
  Tensor before = L(w.good, 1);
  for (const std::int64_t k : {5, 50, 5000}) {
    const Tensor now = L(w.good, k);
    c.at_least(fmt::format("L_{} minus the bound before it, smallest over x", k),
               -max(before - now).item(), 1e-6);
    before = now;
  }
  const prob::Estimate short_by = prob::estimate(t.exact - before);
  c.at_least("log p(x) - L_5000, in standard errors",
             (short_by.mean / short_by.standard_error).item(), -4);
  c.at_most("log p(x) - L_5000, nats", short_by.mean.item(), 0.01);
}

/// The ranking of the two models, as a difference on the same test set; and its units.
void claims_of_ranking(Concept& c, const Test& t, const Weights& w, const auto& L) {
  const auto good_minus_worse = [&](std::int64_t k) {
    return mean(L(w.good, k) - L(w.worse, k)).item();
  };
  const double truth = mean(t.exact - t.worse.log_px(t.x)).item();
  c.at_least("good minus worse model: log p(x), exact", truth, 0.03);
  c.within("good minus worse model: ELBO", good_minus_worse(1), c.choose(-0.17, -0.2),
           c.choose(-0.14, -0.1));
  c.within("good minus worse model: L_5000 - exact", good_minus_worse(5000) - truth, -0.01, 0.01);

  // Nats become bits by 1 / ln 2; per dimension they can be compared between image sizes.
  c.exact("100 nats for 784 pixels, bits per pixel", bits_per_dimension(100, 784), 0.18402, 1e-5);
  const double nats = -mean(L(w.good, 5000)).item();
  fmt::print("good model: -log p(x) = {:.4f} nats = {:.4f} bits per dimension\n", nats,
             bits_per_dimension(nats, 10));
}

// --- picture

std::vector<Plot> picture(const Test& t, const Weights& w) {
  const std::vector<double> k{1, 2, 5, 10, 20, 50, 100, 500, 1000, 5000};
  const auto stairs = [&](const Tensor& log_w) {
    return support::each(k,
                         [&](double n) { return mean(bound(log_w, static_cast<int>(n))).item(); });
  };
  const double exact = mean(t.exact).item();
  return {Plot("two models judged by L_k", "samples k", "nats")
              .line("good model, poor encoder", k, stairs(w.good))
              .line("worse model, exact posterior", k, stairs(w.worse))
              .dashed("log p(x), good model", {1, 5000}, {exact, exact})
              .log_x()
              .key("bottom right")};
}

// --- program

void program(Concept& c) {
  const double width = c.broken("wide_encoder") ? 1.3 : 1;
  const auto L = c.broken("mean_of_logs")  ? mean_of_logs
                 : c.broken("not_divided") ? log_of_sums
                                           : bound;
  const Test test(c.choose(200, 50));
  // The good model's encoder has independent latents.
  const prob::MultivariateNormal posterior = test.good.posterior(test.x);
  const prob::Normal encoder(posterior.loc, width * sqrt(posterior.variance()), 1);
  Rng rng = c.rng("samples");
  const Weights w{log_weights(test.good, test.x, encoder, rng),
                  log_weights(test.worse, test.x, test.worse.posterior(test.x), rng)};
  claims_of_encoder(c, test, encoder, w, L);
  claims_of_samples(c, test, w, L);
  claims_of_ranking(c, test, w, L);
  c.draw(picture(test, w));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C68",
       .title = "The test log-likelihood, and why it judges better than the bound",
       .source = "UDL section 17.8.1; model F2",
       .mutants = {{"wide_encoder", "q spreads 30 % too far"},
                   {"mean_of_logs", "log w is averaged instead of w: every L_k is the ELBO"},
                   {"not_divided", "the sum of the weights is not divided by k"}}},
      program);
}
