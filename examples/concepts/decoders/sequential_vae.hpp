#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "prob/kl.hpp"
#include "prob/standard_normal.hpp"
#include "vae/training/player.hpp"

// The sequential VAE (Zhao, Song and Ermon 2017, section 5): a chain x^0 -> x^1 -> ... -> x^T of VAEs, each with a z of its own,
//
//     p_t(x | x^(t-1), z_t) = N(x; f_t(x^(t-1), z_t), sigma^2 I),   z_t ~ N(0, I),   q_t(z_t|x),   x^t = f_t(x^(t-1), z_t)
//     L_t = E_q[log p_t(x | x^(t-1), z_t)] - KL(q_t(z_t|x) || p(z_t)),   x^0 = 0
//
// Training climbs L_1 + ... + L_T; to step t, x^(t-1) is a number. The first t steps together are a model, whose bound is
//
//     log p(x) >= E_q[log p_t(x | x^(t-1), z_t)] - sum_(s <= t) KL(q_s(z_s|x) || p(z_s))

namespace concepts {

using namespace tapestry;

/// The parts that can be taken wrongly.
struct ChainParts {
  std::function<Tensor(const Tensor&)> before = [](const Tensor& x) { return x; };
  bool all_trained = true;  ///< else L_T alone
  bool all_kl = true;       ///< in the bound, else that of the last step alone
};

template <class Step>
struct SequentialVae : nn::Module {
  SequentialVae(int steps, double noise, ChainParts how, const Rng& init)
      : sigma(noise), parts(std::move(how)) {
    for (int t = 0; t < steps; ++t) chain.add();
    nn::init::torch_default(*this, init);
  }

  /// Step t on data x [B, D].
  struct Link {
    Tensor x;               ///< x^t
    vae::ElboTerms own;     ///< L_t
    vae::ElboTerms so_far;  ///< the bound of log p(x) of the first t steps
  };
  std::vector<Link> links(const Tensor& x, Rng& rng) {
    std::vector<Link> all;
    vae::KlGroups kl(zeros({x.dim(0)}));
    for (std::size_t t = 0; t < chain.size(); ++t) {
      const prob::Normal q = chain[t].encode(x);
      const Tensor before = t == 0 ? zeros_like(x) : parts.before(all.back().x.detach());
      const Tensor f = chain[t].f(before, q.rsample(rng));
      const Tensor log_lik = prob::Normal(f, sigma, 1).log_prob(x);
      const Tensor own = prob::kl(q, prob::StandardNormal({Step::kLatents}, 1));
      kl = parts.all_kl ? kl.total() + own : own;
      all.push_back({f, {log_lik, own}, {log_lik, kl}});
    }
    return all;
  }

  /// `beta` weighs the KL by step of the training; empty: 1.
  vae::Play play(nn::Schedule beta = {}) {
    return [this, beta](const nn::Batch& batch, Rng& rng) -> vae::Objective {
      const std::vector<Link> all = links(batch.images, rng);
      Tensor value = zeros({batch.images.dim(0)});
      for (std::size_t t = parts.all_trained ? 0 : all.size() - 1; t < all.size(); ++t) {
        vae::ElboTerms own = all[t].own;
        own.beta = beta ? beta(batch.step) : 1;
        value += own.objective();
      }
      return {.value = value, .bound = all.back().so_far.elbo()};
    };
  }

  /// x^t of n draws of all z, for each t.
  std::vector<Tensor> draws(std::int64_t n, Rng& rng) {
    std::vector<Tensor> all{zeros({n, Step::kPixels})};
    for (std::size_t t = 0; t < chain.size(); ++t)
      all.push_back(chain[t].f(t == 0 ? all.back() : parts.before(all.back()),
                               rng.normal({n, Step::kLatents})));
    return {all.begin() + 1, all.end()};
  }

  nn::ChildList<Step> chain{*this, "chain"};
  const double sigma;
  const ChainParts parts;
};

}  // namespace concepts
