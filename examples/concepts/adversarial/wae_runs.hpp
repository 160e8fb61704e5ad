#pragma once

#include <string>

#include "concepts/adversarial/train_players.hpp"
#include "concepts/adversarial/wasserstein_autoencoder.hpp"
#include "nn/data/image_dataset.hpp"

// Four autoencoders of one size: plain, Wasserstein with MMD^2, Wasserstein with a critic, and variational.

namespace concepts {

struct WaeResult {
  std::string name;
  double cost = 0, mmd = 0, nearest = 0;
  Tensor codes, made;
};

/// MMD^2 of test codes to the prior, error of test images, and how far a test image is from the nearest made one.
inline WaeResult measure(const support::Concept& c, const std::string& name, const Tensor& x,
                         const Tensor& codes, const auto& decode) {
  Rng rng = c.rng("measure");
  const Tensor made = decode(rng.normal(codes.shape()));
  const auto kernel = InverseMultiquadratic::of_normal(codes.dim(1));
  return {.name = name,
          .cost = mean(sum(square(x - decode(codes)), -1)).item(),
          .mmd = vae::mmd_squared(codes, rng.normal(codes.shape()), kernel).item(),
          .nearest = vae::distance_to_nearest(x, made),
          .codes = codes,
          .made = made};
}

/// Trains each on the same images, and measures it on test images x.
struct WaeRuns {
  const support::Concept& c;
  const nn::ImageDataset& data;
  const Tensor& x;
  WaeSizes sizes;
  static constexpr double kRate = 3e-3;

  void train(std::vector<vae::Player> players) const {
    train_players(c, data, std::move(players), c.choose(10, 40), 50);
  }
  WaeResult measure(const std::string& name, WassersteinAutoencoder& model) const {
    const NoGrad no_grad;
    const auto decode = [&](const Tensor& z) { return model.decode(z); };
    return concepts::measure(c, name, x, model.encode(x), decode);
  }

  /// lambda = 0 is a plain autoencoder.
  WaeResult wae(const std::string& name, double lambda, const Divergence& D) const {
    WassersteinAutoencoder model(sizes, lambda, D);
    nn::Adam adam(model.parameters(), {.lr = kRate});
    const auto play = [&](auto& b, Rng& rng) { return model.objective(b, rng); };
    train({{"wae", model, adam, play}});
    return measure(name, model);
  }
  WaeResult critic_wae(double lambda) const {
    WassersteinAutoencoder model(sizes, lambda);
    nn::Mlp critic({sizes.latents, 256, 256, 1}, Activation::relu, Activation::none);
    nn::Adam adam(model.parameters(), {.lr = kRate, .beta1 = 0.5}),
        critic_adam(critic.parameters(), {.beta1 = 0.5});
    CriticWae game{model, critic};
    const auto play = [&](auto& b, Rng& rng) { return game.play(b, rng); };
    const auto judge = [&](auto& b, Rng& rng) { return game.judge(b, rng); };
    train({{"wae", model, adam, play}, {"critic", critic, critic_adam, judge}});
    return measure("WAE, critic", model);
  }
  WaeResult vae() const {
    vae::MlpVae model({.rows = data.rows(),
                       .cols = data.cols(),
                       .hidden = {sizes.hidden, sizes.hidden},
                       .latent = sizes.latents,
                       .decoder = vae::DecoderKind::gaussian});
    nn::Adam adam(model.parameters(), {.lr = kRate});
    train({vae::vae_player(model, adam)});
    const NoGrad no_grad;
    Rng rng = c.rng("codes");
    const auto decode = [&](const Tensor& z) { return model.decode(z).mean(); };
    return concepts::measure(c, "VAE", x, model.encode(x).sample(rng), decode);
  }
};

}  // namespace concepts
