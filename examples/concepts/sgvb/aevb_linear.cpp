// aevb_linear: the AEVB algorithm trains a linear VAE up to the exact ceiling of its likelihood
// C50, AEVB algorithm 1 (S1), S0's pseudocode, UDL section 17.6.1
//
//     repeat: draw a minibatch x and noise e;  z = A(x - m) + s e;      (encoder, reparameterised)
//             step up the gradient of  log N(x; W z + m, sigma^2 I) - KL(N(z; A(x - m), s^2) || N(0, I))
//
// With a linear decoder the most likely W, m and sigma are known: principal components (PPCA). The
// posterior is Gaussian with precision W^T W / sigma^2 + I, so a q with independent latents is exact
// just when the columns of W are orthogonal. The bound therefore turns W into the principal axes.
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/optim/adam.hpp"
#include "prob/kl.hpp"
#include "support/concept.hpp"
#include "vae/exact/ppca.hpp"

using namespace tapestry;
using support::Concept;
using support::Plot;

namespace {

constexpr std::int64_t kOutputs = 10, kLatents = 3, kBatch = 100;

struct LinearVae {
  Parameter weight, mean, log_sigma;  // decoder: W [D, K], m [D], log sigma
  Parameter encoder, log_s;           // A [D, K], log s [K]

  explicit LinearVae(Rng rng)
      : weight("W", 0.1 * rng.normal({kOutputs, kLatents})),
        mean("m", zeros({kOutputs})),
        log_sigma("log_sigma", tensor(0.0)),
        encoder("A", 0.1 * rng.normal({kOutputs, kLatents})),
        log_s("log_s", zeros({kLatents})) {}

  vae::exact::Ppca model() const {
    return {.weight = weight.value(), .mean = mean.value(), .sigma = exp(log_sigma.value())};
  }
  prob::Normal encode(const Tensor& x) { return {matmul(x - mean, encoder), exp(log_s), 1}; }
};

/// Estimator B with one sample: the mean over the minibatch x [B, D].
Tensor elbo_estimate(const Concept& c, LinearVae& vae, const Tensor& x, Rng& rng) {
  const prob::Normal q = vae.encode(x);
  Tensor z = q.rsample(rng);
  if (c.broken("detached_sample")) z = z.detach();
  const prob::Normal decoder(matmul(z, vae.weight, {.transpose_right = true}) + vae.mean,
                             exp(vae.log_sigma), 1);
  Tensor kl = prob::kl(q, prob::StandardNormal(z.shape(), 1));
  if (c.broken("kl_mean_over_latents")) kl = kl / kLatents;
  return mean(decoder.log_prob(x) - kl);
}

Tensor draw_minibatch(const Tensor& x, Rng& rng) {
  std::vector<std::int32_t> rows(kBatch);
  for (std::int32_t& row : rows) row = static_cast<std::int32_t>(rng.below(x.dim(0)));
  return take_rows(x, index_tensor(rows, {kBatch}));
}

void program(Concept& c) {
  Rng rng = c.rng("data");
  vae::exact::Ppca truth = vae::exact::Ppca::random(kOutputs, kLatents, 1.0, rng);
  truth.weight = truth.weight * tensor({1.0, 0.7, 0.45});  // axes of equal length have no order
  const Tensor x = truth.sample(rng, 2000).x;
  const vae::exact::PpcaFit ceiling = vae::exact::fit_ppca(x, kLatents);

  LinearVae vae(c.rng("start"));
  nn::Adam adam({&vae.weight, &vae.mean, &vae.log_sigma, &vae.encoder, &vae.log_s}, {});
  const std::int64_t steps = c.choose(40000, 10000);
  Rng noise = c.rng("noise"), batches = c.rng("batches");
  const auto below_ceiling = [&](const Tensor& v) { return ceiling.log_px - mean(v).item(); };
  std::vector<double> at, bound, log_px;
  for (std::int64_t step = 0; step < steps; ++step) {
    adam.set_lr(0.03 * std::pow(1e-3, static_cast<double>(step) / static_cast<double>(steps)));
    adam.zero_grad();
    Tape tape;
    tape.backward(-elbo_estimate(c, vae, draw_minibatch(x, batches), noise));
    adam.step();
    if (step % (steps / 100) == 0) {
      at.push_back(static_cast<double>(step));
      bound.push_back(below_ceiling(vae.model().elbo(x, vae.encode(x))));
      log_px.push_back(below_ceiling(vae.model().log_px(x)));
    }
  }

  const vae::exact::Ppca model = vae.model();
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
  c.draw(
      {Plot("bound and log p(x) close in on the ceiling of PPCA", "step", "nats below the ceiling")
           .line("ELBO", at, bound)
           .line("mean log p(x)", at, log_px)
           .log_y()});
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
