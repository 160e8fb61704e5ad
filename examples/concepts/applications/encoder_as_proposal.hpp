#pragma once

#include <type_traits>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "prob/monte_carlo.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/bounds/estimators.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/exact/curve.hpp"
#include "vae/exact/ppca.hpp"
#include "vae/models/mlp.hpp"

/// The model of encoder_as_proposal.cpp (C67), which begins with its equations.
namespace tapestry::concepts {

/// z [n, B, Z] of the prior and of q, for each of B data.
struct Draws {
  Tensor of_prior, of_q;
};

/// z of a proposal s, and log s(z).
struct Proposed {
  Tensor z, log_s;
};

inline Proposed by_prior(const prob::StandardNormal& prior, const prob::Normal&, const Draws& d) {
  return {d.of_prior, prior.log_prob(d.of_prior)};
}

inline Proposed by_encoder(const prob::StandardNormal&, const prob::Normal& q, const Draws& d) {
  return {d.of_q, q.log_prob(d.of_q)};
}

inline Proposed by_both(const prob::StandardNormal& prior, const prob::Normal& q, const Draws& d) {
  const Tensor z = concat({d.of_prior, d.of_q}, 0);
  return {z, prob::log_mean_exp(stack({prior.log_prob(z), q.log_prob(z)}, 0))};
}
using Proposal = decltype(&by_prior);

/// A model of x with a known log p(x), and an encoder that learns its bound.
template <class Model>
struct Learned {
  Learned(const Model& of, std::int64_t outputs, std::int64_t dimensions)
      : model(of),
        latents(dimensions),
        encode({.rows = 1, .cols = outputs, .hidden = {32, 32}, .latent = dimensions}) {}

  prob::StandardNormal prior() const { return prob::StandardNormal({latents}, 1); }
  prob::Normal likelihood(const Tensor& z) const {
    if constexpr (std::is_same_v<Model, vae::exact::Curve>)
      return model.likelihood(reshape(z, z.shape().without(-1)));
    else
      return model.likelihood(z);
  }

  void train(int steps, Rng start, Rng rng) {
    nn::init::torch_default(encode, start);
    const auto bound = [&] {
      const Tensor x = model.sample(rng, 200).x;
      const auto decode = [&](const Tensor& z) { return likelihood(z); };
      return mean(vae::sgvb_analytic_kl(x, encode(x), prior(), decode, rng).elbo());
    };
    support::ascend(encode.parameters(), bound, {.steps = steps, .rate = 5e-3});
  }

  /// log p(x) for each x [B, D], from n draws of each distribution that s is made of.
  vae::LogPx estimate(Proposal s, const Tensor& x, std::int64_t n, Rng& rng) {
    const prob::Normal q = encode(x);
    const Tensor of_prior = prior().sample(rng, {n, x.dim(0)}), of_q = q.sample(rng, {n});
    const auto [z, log_s] = s(prior(), q, {of_prior, of_q});
    return vae::log_px(likelihood(z).log_prob(x) + prior().log_prob(z) - log_s);
  }

  const Model model;
  const std::int64_t latents;
  vae::MlpEncoder encode;
};

}  // namespace tapestry::concepts
