#pragma once

#include "autograd/ops.hpp"
#include "nn/data/batcher.hpp"
#include "prob/kl.hpp"
#include "vae/models/mlp.hpp"

/// The model of deterministic_autoencoder.cpp (C59), which begins with its equations.
namespace tapestry::concepts {

constexpr std::int64_t kLatents = 5;
constexpr auto kGrey = nn::Binarize::none;

struct Model : vae::MlpVae {
  Model(std::int64_t hidden, bool is_vae)
      : MlpVae({.hidden = {hidden}, .latent = kLatents}), vae(is_vae) {}

  virtual Tensor code(const prob::Normal& q, Rng& rng) const {
    return vae ? q.rsample(rng) : q.loc;
  }

  virtual vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const prob::Normal q = encode(x);
    return {.log_lik = decode(code(q, rng)).log_prob(x),
            .kl = vae ? prob::kl(q, prior()) : zeros({x.dim(0)})};
  }

  const bool vae;
};

}  // namespace tapestry::concepts
