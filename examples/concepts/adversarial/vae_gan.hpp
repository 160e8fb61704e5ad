#pragma once

#include <functional>
#include <vector>

#include "concepts/adversarial/picture_networks.hpp"
#include "prob/bernoulli.hpp"
#include "prob/kl.hpp"
#include "vae/bounds/adversarial.hpp"
#include "vae/training/player.hpp"

// The VAE-GAN (Larsen et al. 2016, algorithm 1): pictures are compared by the features D_l of a critic D, not by pixels.
//
//     L_prior = KL(q(z|x) || p(z))        L_llike = -E_q log N(D_l(x); D_l(G(z)), s^2 I)
//     L_GAN   = log D(x) + log(1 - D(G(z))) + log(1 - D(G(z'))),      z ~ q(z|x), z' ~ p(z)
//
// The encoder makes L_prior + L_llike small, the decoder G gamma L_llike while it fools D (by -log D, which has a slope
// where D is sure, and not by log(1 - D) as in the paper), and D makes L_GAN large.

namespace concepts {

using namespace tapestry;

/// The steps of the algorithm that can be taken wrongly.
struct VaeGanSteps {
  bool reconstructions_are_fakes = true, critic_learns_features = false;
  std::function<Tensor(const Tensor& logit)> fool = vae::passed_for_real;
};

struct VaeGan : nn::Module {
  VaeGan(const PictureSizes& s, double weight, VaeGanSteps how = {})
      : sizes(s),
        gamma(weight),
        steps(std::move(how)),
        encoder(*this, "encoder", s),
        decoder(*this, "decoder", s),
        critic(s) {}

  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latent}, 1); }
  Tensor picture(const Tensor& z) { return sigmoid(decoder(z)); }

  /// -L_llike, [B]: log N(D_l(x); D_l(made), 0.1 I) up to a constant. The paper has I, and batch normalisation that makes
  /// features large.
  Tensor alike(const Tensor& x, const Tensor& made) {
    return sum(square(critic.features(x) - critic.features(made)), -1) / (-2 * 0.1);
  }

  vae::Objective encode(const nn::Batch& batch, Rng& rng) {
    const prob::Normal q = encoder(batch.images);
    const Tensor log_lik = alike(batch.images, picture(q.rsample(rng)));
    const Tensor kl = prob::kl(q, prior());
    return {.value = log_lik - kl, .parts = {{"alike", log_lik}, {"kl", kl}}};
  }
  vae::Objective generate(const nn::Batch& batch, Rng& rng) {
    const Tensor& x = batch.images;
    const Tensor made = picture(encoder(x).sample(rng)),
                 other = picture(prior().sample(rng, {x.dim(0)}));
    return {.value = gamma * alike(x, made) + steps.fool(critic.logit(made)) +
                     steps.fool(critic.logit(other))};
  }
  vae::Objective judge(const nn::Batch& batch, Rng& rng) {
    const Tensor& x = batch.images;
    const Tensor made = picture(encoder(x).sample(rng)).detach(),
                 other = picture(prior().sample(rng, {x.dim(0)})).detach();
    Tensor value = log_sigmoid(critic.logit(x)) + log_sigmoid(-critic.logit(other));
    if (steps.reconstructions_are_fakes) value += log_sigmoid(-critic.logit(made));
    if (steps.critic_learns_features) value += alike(x, made);
    return {.value = value};
  }

  /// The VAE of the same networks, to compare with: it judges pixels, and has no critic.
  vae::Objective bound(const nn::Batch& batch, Rng& rng) {
    const prob::Normal q = encoder(batch.images);
    const prob::Bernoulli p(decoder(q.rsample(rng)), 1);
    return vae::ElboTerms{.log_lik = p.log_prob(batch.images), .kl = prob::kl(q, prior())};
  }

  std::vector<vae::Player> players(nn::Optimizer& of_encoder, nn::Optimizer& of_decoder,
                                   nn::Optimizer& of_critic) {
    return {
        {"encoder", encoder, of_encoder, [this](const auto& b, Rng& r) { return encode(b, r); }},
        {"decoder", decoder, of_decoder, [this](const auto& b, Rng& r) { return generate(b, r); }},
        {"critic", critic, of_critic, [this](const auto& b, Rng& r) { return judge(b, r); }}};
  }

  const PictureSizes sizes;
  const double gamma;
  const VaeGanSteps steps;
  nn::Child<Encoder> encoder;
  nn::Child<Generator> decoder;
  PictureCritic critic;
};

}  // namespace concepts
