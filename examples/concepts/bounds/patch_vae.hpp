#pragma once

#include <cmath>

#include "concepts/bounds/boltzmann_machine.hpp"
#include "nn/nn.hpp"
#include "support/concept/record.hpp"
#include "vae/vae.hpp"

// Patches of images, a VAE of them, and what it and a Boltzmann machine learn.

namespace concepts {

/// Patches from the middle of the images, [N, side^2] of zeros and ones.
inline Tensor patches(const nn::ByteImages& images, std::int64_t side) {
  Rng unused(1);
  const Tensor x = nn::image_tensor(images, 0, images.count, nn::Binarize::threshold, unused);
  const std::int64_t first = (images.rows - side) / 2;
  const Tensor rows = slice(reshape(x, {-1, images.rows, images.cols}), 1, first, first + side);
  return reshape(slice(rows, 2, first, first + side), {-1, side * side});
}

/// F of a VAE of the held-out patches, nats: from its energy and entropy, and from its ELBO, with the same z.
struct LearnedVae {
  double F, minus_elbo;
};
inline LearnedVae train_vae(const FreeEnergySteps& by, const Tensor& x, const Tensor& test,
                            std::int64_t side, const Rng& rng) {
  vae::MlpVae model({.rows = side, .cols = side, .hidden = {64}, .latent = 4});
  nn::init::torch_default(model, rng.stream("init"));
  nn::Adam adam(model.parameters());
  const int epochs = 20;
  const auto rate = nn::schedule::cosine(3e-3, epochs * (x.dim(0) / 256 + 1));
  vae::Trainer({vae::vae_player(model, adam, {}, rate)}, nn::TensorDataset({x}, {test}),
               {.epochs = epochs, .batch = 256, .seed = 1})
      .run();
  const NoGrad no_grad;
  Rng noise = rng.stream("z"), same = rng.stream("z");
  const prob::Normal q = model.encode(test);
  const Tensor of_prior = 0.5 * sum(square(q.loc) + square(q.scale) + std::log(2 * M_PI), -1);
  const Tensor energy = of_prior - model.decode(q.rsample(noise)).log_prob(test);
  return {mean(by.F(energy, q.entropy(), ones({}))).item(),
          -mean(vae::elbo(model, test, same).elbo()).item()};
}

/// The VAE, and the Boltzmann machine that learns in both ways, of patches of side^2 pixels.
inline void learn_patches(const FreeEnergySteps& by, const nn::ImageDataset& data,
                          std::int64_t side, const Rng& rng, support::Record& r) {
  const DTypeScope f32(DType::f32);
  const Tensor x = patches(data.train, side), test = patches(data.test, side);
  const LearnedVae of = train_vae(by, x, test, side, rng);
  r.numbers = {{"VAE, F", of.F}, {"VAE, F / -ELBO - 1", of.F / of.minus_elbo - 1}};
  for (const std::string name : {"log Z", "mean field"}) {
    const LearnedMachine learned = learn(by, x, test, name == "mean field", 150);
    r.curves[name] = {learned.step, learned.log_px};
    r.curves[name + ", said"] = {learned.step, learned.said};
    r.numbers[name + ", miscounted"] = learned.miscounted;
  }
}

}  // namespace concepts
