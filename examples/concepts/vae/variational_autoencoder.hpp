#pragma once

#include "autograd/ops.hpp"
#include "vae/models/mlp.hpp"

/// The model of variational_autoencoder.cpp (C57), which begins with its equations.
namespace tapestry::concepts {

struct FullVae : vae::MlpVae {
  using MlpVae::MlpVae;

  virtual Tensor sample(const prob::Normal& q, Rng& rng) {
    return q.loc + q.scale * rng.normal(q.shape());
  }
  virtual Tensor kl(const prob::Normal& q) {
    return sum(0.5 * (square(q.loc) + square(q.scale) - 1.0 - 2.0 * log(q.scale)), -1);
  }
  /// What training climbs and what the test measures.
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const prob::Normal q = encode(x);
    const Tensor z = sample(q, rng);
    return {.log_lik = decode(z).log_prob(x), .kl = kl(q)};
  }
};

}  // namespace tapestry::concepts
