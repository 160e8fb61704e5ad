#pragma once

#include <functional>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/layers/mlp.hpp"
#include "vae/bounds/density_ratio.hpp"
#include "vae/models/latent_model.hpp"
#include "vae/models/mlp.hpp"
#include "vae/training/player.hpp"

// FactorVAE (Kim and Mnih 2018): the bound minus gamma times the total correlation of the codes,
//
//     E[log p(x|z)] - KL(q(z|x) || p(z)) - gamma TC,     TC = KL(q(z) || prod_k q(z_k)) = E_q(z)[log D/(1 - D)]
//
// where D tells draws of q(z) from draws whose latents come from different images (algorithm 2).

namespace concepts {

using namespace tapestry;
/// D, by its logit log D(z)/(1 - D(z)): z [B, K] -> [B].
struct Critic : nn::Module {
  Critic(std::int64_t latents, std::int64_t hidden)
      : net(*this, "net", {latents, hidden, hidden, hidden, 1}, Activation::relu,
            Activation::none) {}

  Tensor logit(const Tensor& z) { return reshape(net(z), {-1}); }

  nn::Child<nn::Mlp> net;
};

/// D for two latents that are normal: its logit is quadratic.
struct QuadraticCritic : nn::Module {
  nn::Param weight{*this, "weight", {4}, 0.0};

  Tensor logit(const Tensor& z) {
    const Tensor a = slice(z, 1, 0, 1), b = slice(z, 1, 1, 2);
    return sum(concat({ones_like(a), square(a), square(b), a * b}, 1) * weight, -1);
  }
};

/// The steps of the algorithm that can be taken wrongly.
struct FactorSteps {
  /// z ~ q(z|x)
  std::function<Tensor(const prob::Normal&, Rng&)> draw = [](const auto& q, Rng& rng) {
    return q.rsample(rng);
  };
  std::function<Tensor(const Tensor&, Rng&)> permute = vae::permute_columns;
  int second_half = 1;  ///< of a minibatch: the images whose codes are permuted
  double sign = 1;      ///< of the logit in the estimate of TC
};

struct FactorVae {
  FactorVae(const vae::VaeConfig& sizes, double weight, const FactorSteps& how, const Rng& init)
      : model(sizes), critic(sizes.latent, sizes.hidden.front()), gamma(weight), steps(how) {
    nn::init::torch_default(model, init.stream("vae"));
    nn::init::torch_default(critic, init.stream("critic"));
  }

  static Tensor half(const nn::Batch& batch, int number) {
    const std::int64_t n = batch.images.dim(0) / 2;
    return slice(batch.images, 0, number * n, (number + 1) * n);
  }

  /// The VAE's turn: ELBO - gamma log D/(1 - D), on the first half.
  vae::Objective play(const nn::Batch& batch, Rng& rng) {
    const Tensor x = half(batch, 0);
    const prob::Normal q = model.encode(x);
    const Tensor z = steps.draw(q, rng);
    const vae::ElboTerms terms{.log_lik = model.decode(z).log_prob(x),
                               .kl = prob::kl(q, model.prior())};
    const Tensor tc = steps.sign * critic.logit(z);
    return {.value = terms.elbo() - gamma * tc, .bound = terms.elbo(), .parts = {{"tc", tc}}};
  }

  /// The critic's turn: log D at codes of the first half, log(1 - D) at permuted codes of the second. The codes
  /// are numbers to it.
  vae::Objective judge(const nn::Batch& batch, Rng& rng) {
    const Tensor z = steps.draw(model.encode(half(batch, 0)), rng).detach();
    const Tensor others = steps.draw(model.encode(half(batch, steps.second_half)), rng).detach();
    return {.value = vae::told_apart(critic.logit(z), critic.logit(steps.permute(others, rng)))};
  }

  /// Both, the VAE first; `rate` is that of its optimizer by step.
  std::vector<vae::Player> players(nn::Optimizer& adam, nn::Optimizer& critic_adam,
                                   nn::Schedule rate) {
    return {
        {"vae", model, adam, [this](const auto& b, Rng& rng) { return play(b, rng); }, rate},
        {"critic", critic, critic_adam, [this](const auto& b, Rng& rng) { return judge(b, rng); }}};
  }

  vae::MlpVae model;
  Critic critic;
  const double gamma;
  const FactorSteps steps;
};

}  // namespace concepts
