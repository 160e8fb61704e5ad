#pragma once

#include <functional>

#include "autograd/tape.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/kl.hpp"
#include "prob/standard_normal.hpp"
#include "vae/bounds/elbo.hpp"
#include "vae/models/heads.hpp"

// The sigma-VAE (Rybkin, Daniilidis and Levine, Simple and Effective VAE Training with Calibrated Decoders, 2021). The sigma of
// the decoder N(f(z), sigma^2 I) is not chosen by hand and not learned in steps, since the most likely one is known:
//
//     sigma*^2 = mean over images and pixels of (x_d - f_d(z))^2
//
// sigma*^2 times the bound is -|x - f(z)|^2 / 2 - sigma*^2 KL and a constant: a beta-VAE whose beta is not chosen either.

namespace concepts {

using namespace tapestry;

/// sigma*^2 of images x and their means f [B, D]: one number.
inline Tensor best_variance(const Tensor& x, const Tensor& f) { return mean(square(x - f)); }

/// log N(x; f, variance I), [B].
inline Tensor log_density(const Tensor& x, const Tensor& f, const Tensor& variance) {
  return prob::Normal(f, sqrt(variance), 1).log_prob(x);
}

struct SigmaVae : nn::Module {
  SigmaVae(std::int64_t pixels, std::int64_t hidden, std::int64_t latents)
      : trunk(*this, "trunk", {pixels, hidden}, Activation::relu),
        head(*this, "head", hidden, latents),
        f(*this, "f", {latents, hidden, pixels}, Activation::relu, Activation::sigmoid) {}

  prob::Normal encode(const Tensor& x) { return head(trunk(x)); }
  prob::StandardNormal prior() { return prob::StandardNormal({head->loc->bias.value().size()}, 1); }

  /// log p(x|z) of images x and means mu = f(z), [B]. In training sigma is that of the minibatch. A test image has no
  /// part in sigma, or p(x|z) would be no density: there it is the mean over the latest minibatches.
  Tensor log_lik(const Tensor& x, const Tensor& mu) {
    if (!training()) return density(x, mu, at_test(*this, x, mu));
    const Tensor variance = variance_of(x, mu);
    kept.set_value(0.98 * kept.value() + 0.02 * variance.detach());
    return density(x, mu, variance);
  }
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const prob::Normal q = encode(x);
    return {.log_lik = log_lik(x, f(q.rsample(rng))), .kl = prob::kl(q, prior())};
  }

  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> head;
  nn::Child<nn::Mlp> f;
  nn::Buffer kept{*this, "kept", tensor(1.0)};  ///< sigma^2
  // The steps that a wrong version replaces.
  std::function<Tensor(const Tensor& x, const Tensor& f)> variance_of = best_variance;
  std::function<Tensor(SigmaVae&, const Tensor& x, const Tensor& f)> at_test =
      [](SigmaVae& model, const Tensor&, const Tensor&) { return model.kept.value(); };
  std::function<Tensor(const Tensor& x, const Tensor& f, const Tensor& variance)> density =
      log_density;
};

/// sigma learned by steps, as one more parameter.
struct LearnedSigmaVae : SigmaVae {
  LearnedSigmaVae(std::int64_t pixels, std::int64_t hidden, std::int64_t latents)
      : SigmaVae(pixels, hidden, latents) {
    variance_of = [this](const Tensor&, const Tensor&) { return exp(2.0 * log_sigma); };
  }

  nn::Param log_sigma{*this, "log_sigma", {}, 0.0};
};

}  // namespace concepts
