#pragma once

#include <functional>

#include "autograd/tape.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/kl.hpp"
#include "prob/zero_inflated_negative_binomial.hpp"
#include "vae/bounds/elbo.hpp"
#include "vae/models/heads.hpp"

// scVI (Lopez, Regier, Cole, Jordan and Yosef, Deep generative modeling for single-cell transcriptomics, 2018): counts x_g of
// the genes g of a cell of batch s, of which its machine read l in all and lost some.
//
//     z ~ N(0, I)        log l ~ N(m_s, v_s)                            what the cell is; how much of it was read
//     rho = softmax f(z, s)
//     x_g ~ ZINB(mean l rho_g, theta_g, log odds of a loss f_g(z, s))
//     log p(x|s) >= E log p(x|z, l, s) - KL(q(z|x, s) || p(z)) - KL(q(l|x, s) || p(l|s))

namespace concepts {

using namespace tapestry;

struct CountSizes {
  std::int64_t genes, batches, hidden, latent;
};

/// The numbers of p(x|z, l, s): mean of the counts before losses, inverse dispersion, log odds of a loss; [..., B, G].
struct CountParameters {
  Tensor mu, theta, zero_logits;
};

/// The steps that a wrong version, or another model, replaces.
struct CountSteps {
  std::function<Tensor(const CountParameters&, const Tensor&)> log_lik =
      [](const CountParameters& p, const Tensor& x) {
        return prob::ZeroInflatedNegativeBinomial(p.mu, p.theta, p.zero_logits, 1).log_prob(x);
      };
  /// What the networks are told of the batch, [B, S].
  std::function<Tensor(const Tensor&)> told = [](const Tensor& s) { return s; };
  /// The mean counts from l [..., B, 1] and rho.
  std::function<Tensor(const Tensor&, const Tensor&)> scaled = [](const auto& l, const auto& rho) {
    return l * rho;
  };
};

struct Scvi : nn::Module {
  /// m_s and the root of v_s [S, 1]: mean and deviation of the log of a cell's total, in each batch of the data.
  Scvi(const CountSizes& n, const Tensor& log_l_mean, const Tensor& log_l_scale,
       const CountSteps& how = {})
      : sizes(n),
        steps(how),
        prior_loc(log_l_mean),
        prior_scale(log_l_scale),
        encoder(*this, "encoder", {n.genes + n.batches, n.hidden}, Activation::relu),
        code(*this, "code", n.hidden, n.latent),
        library(*this, "library", n.hidden, 1),
        decoder(*this, "decoder", {n.latent + n.batches, n.hidden}, Activation::relu),
        share(*this, "share", n.hidden, n.genes),
        loss(*this, "loss", n.hidden, n.genes),
        log_theta(*this, "log_theta", {n.genes}, 1.0) {}

  struct Posterior {
    prob::Normal z, log_l;
  };
  /// q(z|x, s) and q(log l|x, s) of counts x [B, G] and batches s [B, S], a one for the batch and zeros. The second
  /// begins at the total of the cell and shares a layer with the first; the paper's is a network of its own.
  Posterior encode(const Tensor& x, const Tensor& s) {
    const Tensor h = encoder(concat({log1p(x), steps.told(s)}, -1));
    const prob::Normal off = library(h);
    return {code(h), {log(sum(x, -1, true) + 1.0) + off.loc, 0.1 * off.scale, 1}};
  }
  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latent}, 1); }
  prob::Normal prior_of_log_l(const Tensor& s) const {
    return {matmul(s, prior_loc), matmul(s, prior_scale), 1};
  }
  CountParameters decode(const Tensor& z, const Tensor& log_l, const Tensor& s) {
    const Tensor told = steps.told(s);
    const Tensor each = broadcast_to(told, z.shape().with(-1, told.dim(-1)));
    const Tensor h = decoder(concat({z, each}, -1));
    return {steps.scaled(exp(log_l), softmax(share(h))), exp(log_theta), loss(h)};
  }

  vae::ElboTerms elbo(const Tensor& x, const Tensor& s, Rng& rng) {
    const auto [z, log_l] = encode(x, s);
    return {.log_lik = steps.log_lik(decode(z.rsample(rng), log_l.rsample(rng), s), x),
            .kl = {{"z", kl(z, prior())}, {"l", kl(log_l, prior_of_log_l(s))}}};
  }
  /// log w [K, B], w = p(x, z, l|s) / q(z, l|x, s).
  Tensor log_weights(const Tensor& x, const Tensor& s, Rng& rng, int K) {
    const auto [q, q_l] = encode(x, s);
    const Tensor z = q.rsample(rng, {K}), log_l = q_l.rsample(rng, {K});
    return steps.log_lik(decode(z, log_l, s), x) + prior().log_prob(z) - q.log_prob(z) +
           prior_of_log_l(s).log_prob(log_l) - q_l.log_prob(log_l);
  }

  const CountSizes sizes;
  const CountSteps steps;
  const Tensor prior_loc, prior_scale;
  nn::Child<nn::Mlp> encoder;
  nn::Child<vae::NormalHead> code, library;
  nn::Child<nn::Mlp> decoder;
  nn::Child<nn::Linear> share, loss;
  nn::Param log_theta;
};

}  // namespace concepts
