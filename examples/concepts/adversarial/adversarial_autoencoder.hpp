#pragma once

#include <functional>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/init.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "vae/bounds/adversarial.hpp"
#include "vae/training/player.hpp"

// The adversarial autoencoder (Makhzani et al. 2015, section 2): the code z = e(x) is a point, and no KL pulls it anywhere.
// A critic D learns to tell codes from draws of the prior, and the encoder learns to fool it:
//
//     1  encoder and decoder   climb  log p(x | e(x))
//     2  the critic            climbs log D(z') + log(1 - D(e(x))),   z' ~ p(z)
//     3  the encoder           climbs log D(e(x))

namespace concepts {

using namespace tapestry;

/// p(z) needs no density: draws [B, Z], here one for each label [B], which most priors do not look at.
using DrawPrior = std::function<Tensor(const Tensor& labels, Rng&)>;

struct AdversarialSizes {
  std::int64_t pixels = 784, hidden = 300, latent = 8, critic = 256;
  bool told = false;  ///< the critic sees the label beside the code
};

/// The steps of the algorithm that can be taken wrongly.
struct AdversarialSteps {
  /// How the critic gets the codes.
  std::function<Tensor(const Tensor&)> given = [](const Tensor& z) { return z.detach(); };
  /// What the critic climbs, from its logits at draws of the prior and at codes.
  std::function<Tensor(const Tensor&, const Tensor&)> judged = vae::told_apart;
  /// Step 3 climbs log p(x | e(x)) too, and moves the decoder.
  bool decoder_in_third = false;
};

struct AdversarialAutoencoder : nn::Module {
  AdversarialAutoencoder(const AdversarialSizes& s, DrawPrior prior, AdversarialSteps how = {})
      : sizes(s),
        draw_prior(std::move(prior)),
        steps(std::move(how)),
        encoder(*this, "encoder", {s.pixels, s.hidden, s.hidden, s.latent}, Activation::relu,
                Activation::none),
        decoder(*this, "decoder", {s.latent, s.hidden, s.hidden, s.pixels}, Activation::relu,
                Activation::none),
        critic({s.latent + (s.told ? 10 : 0), s.critic, s.critic, 1}, Activation::relu,
               Activation::none) {}

  prob::Bernoulli decode(const Tensor& z) { return prob::Bernoulli(decoder(z), 1); }

  /// log D/(1 - D), [B], of z [B, Z].
  Tensor logit(const Tensor& z, const Tensor& labels) {
    if (!sizes.told) return reshape(critic(z), {-1});
    return reshape(critic(concat({z, take_rows(eye(10), labels)}, 1)), {-1});
  }

  vae::Objective reconstruct(const nn::Batch& batch, Rng&) {
    return {.value = decode(encoder(batch.images)).log_prob(batch.images)};
  }
  vae::Objective judge(const nn::Batch& batch, Rng& rng) {
    const Tensor z = steps.given(encoder(batch.images)), real = draw_prior(batch.labels, rng);
    return {.value = steps.judged(logit(real, batch.labels), logit(z, batch.labels))};
  }
  vae::Objective fool(const nn::Batch& batch, Rng&) {
    const Tensor z = encoder(batch.images);
    const Tensor value = vae::passed_for_real(logit(z, batch.labels));
    if (!steps.decoder_in_third) return {.value = value};
    return {.value = value + decode(z).log_prob(batch.images)};
  }
  std::vector<Parameter*> moved_in_third() {
    return steps.decoder_in_third ? parameters() : encoder.parameters();
  }

  /// The three, in the order of the algorithm; the first alone is a plain autoencoder.
  std::vector<vae::Player> players(nn::Optimizer& own, nn::Optimizer& of_critic,
                                   nn::Optimizer& of_encoder) {
    return {
        {"autoencoder", *this, own, [this](const auto& b, Rng& r) { return reconstruct(b, r); }},
        {"critic", critic, of_critic, [this](const auto& b, Rng& r) { return judge(b, r); }},
        {"encoder", encoder, of_encoder, [this](const auto& b, Rng& r) { return fool(b, r); }}};
  }

  const AdversarialSizes sizes;
  const DrawPrior draw_prior;
  const AdversarialSteps steps;
  nn::Child<nn::Mlp> encoder, decoder;
  nn::Mlp critic;
};

}  // namespace concepts
