#pragma once

#include <cmath>

#include "concepts/collapse/linear_data.hpp"
#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/train.hpp"
#include "vae/vae.hpp"

// Networks in the place of W and A of a linear VAE.

namespace concepts {

/// Trains a VAE with one hidden layer whose decoder has the variance sigma2. Returns how many of its latents are active.
inline double active_in_network(const support::Concept& c, const LinearData& d,
                                std::int64_t latents, double sigma2) {
  vae::MlpVae model({.hidden = {c.choose(200, 50)},
                     .latent = latents,
                     .decoder = vae::DecoderKind::gaussian,
                     .decoder_scale = std::sqrt(sigma2)});
  nn::init::torch_default(model, c.rng("init"));
  const vae::Means trained =
      support::train(model, vae::bound_of(model), d.images,
                     {c.choose(8, 6), 100, c.choose(1e-3, 3e-3), c.seed(), support::kConstantRate});
  const NoGrad no_grad;
  const std::int64_t active = vae::collapse_report(model.encode(d.test())).active();
  fmt::print("network, sigma^2 {}: {} active, test -ELBO {:.2f}\n", sigma2, active,
             trained.neg_elbo());
  return static_cast<double>(active);
}

}  // namespace concepts
