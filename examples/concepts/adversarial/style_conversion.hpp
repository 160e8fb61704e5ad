#pragma once

#include <functional>
#include <vector>

#include "concepts/adversarial/picture_networks.hpp"
#include "nn/optim/clip.hpp"
#include "prob/bernoulli.hpp"
#include "prob/kl.hpp"
#include "vae/training/player.hpp"

// Conversion of style by a VAE and a Wasserstein critic (Hsu et al. 2017, Voice Conversion from Unaligned Corpora using
// Variational Autoencoding Wasserstein GANs). No x comes in both styles; y says in which one it is.
//
//     VAE       climbs  E_q(z|x)[ log p(x|z,y) ] - KL(q(z|x) || p(z)), its decoder + alpha f(G(z, target)), x of the source
//     critic f  climbs  E[ f(x) ], x of the target,  -  E[ f(G(z, target)) ], x of the source;   its weights are clipped
//
// q does not hear y, so that z is what the styles have in common. A picture is converted by another y in the decoder.

namespace concepts {

using namespace tapestry;

/// The steps of the algorithm that can be taken wrongly.
struct ConversionSteps {
  double limit = 0.03;  ///< of the critic's weights; 0 = none
  /// In which style the decoder draws what is to be converted, of the image's own y and the target's, [B, 2].
  std::function<Tensor(const Tensor& own, const Tensor& target)> drawn_in =
      [](const Tensor&, const Tensor& target) { return target; };
  bool of_source = true;  ///< the critic sees conversions of the source; else copies of the target
};

struct StyleVae : nn::Module {
  StyleVae(const PictureSizes& s, double weight, ConversionSteps how = {})
      : sizes(s),
        alpha(weight),
        steps(std::move(how)),
        encoder(*this, "encoder", s),
        decoder(*this, "decoder", s.with_latent(s.latent + 2)),
        critic(s) {}

  /// The labels of n images of one style: 0 is the source, 1 the target. [n, 2]
  static Tensor of_style(std::int64_t style, std::int64_t n) {
    return broadcast_to(slice(eye(2), 0, style, style + 1), {n, 2});
  }

  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latent}, 1); }
  prob::Bernoulli decode(const Tensor& z, const Tensor& y) {
    return prob::Bernoulli(decoder(concat({z, y}, 1)), 1);
  }
  /// Pictures of z in the target's style.
  Tensor convert(const Tensor& z, const Tensor& y) {
    return decode(z, steps.drawn_in(y, of_style(1, z.dim(0)))).mean();
  }
  /// f of what was made, [B]: for images of the source, twice their share of a minibatch, and 0 for the others.
  Tensor judged_made(const Tensor& z, const Tensor& y) {
    const std::int64_t chosen = steps.of_source ? 0 : 1;
    return 2.0 * critic.logit(convert(z, y)) * reshape(slice(y, 1, chosen, chosen + 1), {-1});
  }

  /// The VAE's turn, in which the encoder climbs the bound alone; with alpha = 0 it is a conditional VAE.
  vae::Objective play(const nn::Batch& batch, Rng& rng) {
    const Tensor& y = batch.labels;
    const prob::Normal q = encoder(batch.images);
    const Tensor z = q.rsample(rng);
    const vae::ElboTerms terms{.log_lik = decode(z, y).log_prob(batch.images),
                               .kl = prob::kl(q, prior())};
    if (alpha == 0) return terms;
    return {.value = terms.elbo() + alpha * judged_made(z.detach(), y), .bound = terms.elbo()};
  }
  vae::Objective judge(const nn::Batch& batch, Rng& rng) {
    const Tensor &y = batch.labels, z = encoder(batch.images).sample(rng).detach();
    const Tensor real = critic.logit(batch.images) * reshape(slice(y, 1, 1, 2), {-1});
    return {.value = 2.0 * real - judged_made(z, y)};
  }

  std::vector<vae::Player> players(nn::Optimizer& own, nn::Optimizer& of_critic) {
    const auto clip = [this] {
      if (steps.limit > 0) nn::clip_weights(critic.parameters(), steps.limit);
    };
    std::vector<vae::Player> all{
        {"vae", *this, own, [this](const auto& b, Rng& r) { return play(b, r); }}};
    if (alpha > 0)
      all.push_back({.name = "critic",
                     .model = critic,
                     .optimizer = of_critic,
                     .play = [this](const auto& b, Rng& r) { return judge(b, r); },
                     .after_step = clip});
    return all;
  }

  const PictureSizes sizes;
  const double alpha;
  const ConversionSteps steps;
  nn::Child<Encoder> encoder;
  nn::Child<Generator> decoder;
  PictureCritic critic;
};

}  // namespace concepts
