// aevb_linear: the AEVB algorithm trains a linear VAE up to the exact ceiling of its likelihood
// C50, AEVB algorithm 1 (S1), S0's pseudocode, UDL section 17.6.1
//
//     repeat: draw a minibatch x and noise e;  z = A(x - m) + s e;      (encoder, reparameterised)
//             step up the gradient of  log N(x; W z + m, sigma^2 I) - KL(N(z; A(x - m), s^2) || N(0, I))
//
// With a linear decoder the most likely W, m and sigma are known: principal components (PPCA). The
// posterior is Gaussian with precision W^T W / sigma^2 + I, so a q with independent latents is exact
// just when the columns of W are orthogonal. The bound therefore turns W into the principal axes.

#include "concepts/sgvb/aevb_linear.hpp"

#include "autograd/ops.hpp"
#include "support/concept/concept.hpp"

using namespace tapestry;
using namespace tapestry::concepts;
using support::Concept;
using support::Plot;

namespace {

// --- wrong versions

Tensor elbo_of_detached_sample(LinearVae& vae, const Tensor& x, Rng& rng) {
  const prob::Normal q = vae.encode(x);
  return mean(vae.decode(q.rsample(rng).detach()).log_prob(x) - kl_to_prior(q));
}

Tensor elbo_with_mean_kl(LinearVae& vae, const Tensor& x, Rng& rng) {
  const prob::Normal q = vae.encode(x);
  return mean(vae.decode(q.rsample(rng)).log_prob(x) - kl_to_prior(q) / kLatents);
}

// --- claims

/// Nats below the ceiling, on the way.
struct Path {
  std::vector<double> step, elbo, log_px;
};

void claims(Concept& c, LinearVae& vae, const Tensor& x, const vae::exact::PpcaFit& ceiling) {
  const vae::exact::Ppca model = vae.model();
  const auto below_ceiling = [&](const Tensor& v) { return ceiling.log_px - mean(v).item(); };
  c.within("ceiling - mean log p(x), nats", below_ceiling(model.log_px(x)), 0, 0.01);
  c.within("ceiling - ELBO, nats", below_ceiling(model.elbo(x, vae.encode(x))), 0, 0.01);
  const Tensor unit = model.weight / sqrt(sum(square(model.weight), 0, true));
  const Tensor cosines = matmul(unit, unit, {.transpose_left = true}) - eye(kLatents);
  c.at_most("largest |cosine| between columns of W", max(abs(cosines)).item(), 0.02);
  // Each column belongs to one of the largest eigenvalues, in any order.
  std::vector<double> along = (sum(square(model.weight), 0) + square(model.sigma)).to_vector();
  std::sort(along.rbegin(), along.rend());
  const std::vector<double> eigenvalues = ceiling.eigenvalues.to_vector();
  for (std::size_t k = 0; k < along.size(); ++k) {
    c.within(fmt::format("(|W_{}|^2 + sigma^2) / eigenvalue {}", k + 1, k + 1),
             along[k] / eigenvalues[k], 0.99, 1.01);
  }
}

// --- picture

std::vector<Plot> picture(const Path& of) {
  return {
      Plot("bound and log p(x) close in on the ceiling of PPCA", "step", "nats below the ceiling")
          .line("ELBO", of.step, of.elbo)
          .line("mean log p(x)", of.step, of.log_px)
          .log_y()};
}

// --- program

void program(Concept& c) {
  const Elbo elbo = c.broken("detached_sample")        ? elbo_of_detached_sample
                    : c.broken("kl_mean_over_latents") ? elbo_with_mean_kl
                                                       : elbo_estimate;
  Rng rng = c.rng("data");
  vae::exact::Ppca truth = vae::exact::Ppca::random(kOutputs, kLatents, 1.0, rng);
  truth.weight = truth.weight * tensor({1.0, 0.7, 0.45});  // axes of equal length have no order
  const Tensor x = truth.sample(rng, 2000).x;
  const vae::exact::PpcaFit ceiling = vae::exact::fit_ppca(x, kLatents);

  LinearVae vae(c.rng("start"));
  Path path;
  const std::int64_t steps = c.choose(40000, 10000);
  train(vae, elbo, x, steps, c.rng("batches"), c.rng("noise"), [&](std::int64_t step) {
    if (step % (steps / 100) != 0) return;
    path.step.push_back(static_cast<double>(step));
    path.elbo.push_back(ceiling.log_px - mean(vae.model().elbo(x, vae.encode(x))).item());
    path.log_px.push_back(ceiling.log_px - mean(vae.model().log_px(x)).item());
  });
  claims(c, vae, x, ceiling);
  c.draw(picture(path));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(
      argc, argv,
      {.id = "C50",
       .title = "The AEVB algorithm on a model whose best likelihood is known",
       .source = "AEVB algorithm 1 (S1); S0's pseudocode; UDL section 17.6.1; PPCA: F2",
       .mutants = {{"detached_sample", "no gradient through z: the encoder learns the KL alone"},
                   {"kl_mean_over_latents", "the KL is averaged over latents, not summed"}}},
      program);
}
