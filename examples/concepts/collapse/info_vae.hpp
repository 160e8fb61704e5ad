#pragma once

#include "concepts/collapse/window_vae.hpp"
#include "vae/bounds/info.hpp"
#include "vae/bounds/mmd.hpp"
#include "vae/bounds/total_correlation.hpp"
#include "vae/models/latent_model.hpp"

// InfoVAE (Zhao, Song and Ermon 2017, equation 6):
//
//     E_q[log p(x|z)] - (1 - alpha) KL(q(z|x) || p(z)) - (alpha + lambda - 1) MMD^2(q(z), p(z))
//
// The ELBO charges every nat that z says of x. With alpha = 1 only the sum of all codes has to look like the prior.

namespace concepts {

/// The objective from the terms, D and the weights.
using Info = std::function<vae::Objective(const vae::ElboTerms&, const Tensor& divergence,
                                          const vae::InfoWeights&)>;

/// A VAE whose decoder sees all earlier pixels.
struct InfoVae : WindowVae {
  InfoVae(const WindowSizes& of, const vae::InfoWeights& w) : WindowVae(of), weights(w) {}

  vae::Objective objective(const Tensor& x, Rng& rng) {
    const prob::Normal q = encode(x);
    const Tensor z = q.rsample(rng);
    const vae::ElboTerms terms{.log_lik = decode(z).log_prob(x), .kl = prob::kl(q, prior())};
    const Tensor codes = prior().sample(rng, {x.dim(0)});
    return info(terms, vae::mmd_squared(z, codes, scales()), weights);
  }

  /// Two draws of N(0, I) are sqrt(2 K) apart.
  vae::Bandwidths scales() const {
    const double k = std::sqrt(static_cast<double>(sizes.latents));
    return {0.5 * k, k, 2 * k};
  }

  const vae::InfoWeights weights;
  Info info = vae::info_objective;
};

/// Whether an objective refuses this alpha.
inline bool refuses(const Info& info, double alpha) {
  try {
    info({.log_lik = zeros({1}), .kl = zeros({1})}, tensor(0.0), {.alpha = alpha});
  } catch (const ConfigError&) {
    return true;
  }
  return false;
}

/// The mean log p(x) of images, each from so many samples of q. Ten images at a time.
inline double mean_log_px(InfoVae& model, const Tensor& x, int samples, Rng& rng) {
  double nats = 0;
  for (std::int64_t k = 0; k < x.dim(0); k += 10)
    nats += sum(vae::log_px(model, slice(x, 0, k, k + 10), rng, samples).log_px).item();
  return nats / static_cast<double>(x.dim(0));
}

}  // namespace concepts
