#pragma once

#include <functional>
#include <string>

#include "concepts/collapse/capacity.hpp"
#include "concepts/collapse/linear_data.hpp"
#include "nn/data/sprites.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/record.hpp"
#include "support/concept/train.hpp"
#include "vae/models/mlp.hpp"

// Linear VAEs and networks whose KL is held at a capacity.

namespace concepts {

/// Trains a linear VAE of all data, in f32. The VAE is f64 before and after.
inline void hold_linear(LinearVae& vae, const LinearData& data, double C, double gamma, int steps,
                        Hold hold) {
  vae.convert(DType::f32);
  const Tensor covariance = data.covariance.to(DType::f32);
  nn::Adam adam({&vae.weight, &vae.encoder, &vae.log_s});
  const nn::Schedule rate = nn::schedule::cosine(0.1, steps);
  for (int step = 0; step < steps; ++step) {
    adam.set_lr(rate(step));
    nn::descend(adam, [&] {
      const MeanBound b = vae.mean_bound(covariance);
      return hold(sum(b.kl), C, gamma) - b.log_lik;
    });
  }
  vae.convert(DType::f64);
}

/// Sprites in a random order, a fifth of them to test on.
inline nn::TensorDataset split_sprites(const nn::SpriteOptions& options, Rng rng) {
  const nn::Sprites sprites = nn::all_sprites(options);
  const std::vector<std::int32_t> order = rng.permutation(sprites.size());
  const Tensor x = take_rows(sprites.flat(), index_tensor(order, {sprites.size()}));
  const std::int64_t n = x.dim(0) * 4 / 5;
  return nn::TensorDataset({slice(x, 0, 0, n)}, {slice(x, 0, n, x.dim(0))});
}

struct SpriteTraining {
  int epochs;
  std::int64_t hidden, latents;
  double capacity, gamma;  ///< C at the end; it grows in a line over four fifths of the steps
  std::uint64_t seed;
};

/// Trains on sprites; the record gets, by epoch and over the test images, C, the KL of each latent, and the bound.
inline void train_sprites(const nn::TensorDataset& data, const std::string& name,
                          const std::function<vae::Objective(const vae::ElboTerms&, double C)>& of,
                          const SpriteTraining& how, support::Record& r) {
  vae::MlpVae model({.rows = 16, .cols = 16, .hidden = {how.hidden}, .latent = how.latents});
  nn::init::torch_default(model, Rng(how.seed).stream("init"));
  const std::int64_t a_pass = data.size(nn::Part::train) / 32, steps = how.epochs * a_pass;
  const nn::Schedule capacity = nn::schedule::ramp(0, how.capacity, steps * 4 / 5);
  const auto play = [&](const nn::Batch& b, Rng& rng) {
    return of(vae::elbo(model, b.images, rng), capacity(b.step));
  };
  const Tensor x = support::rows_of(data, nn::Part::test).images;
  const auto note = [&](const vae::EpochReport& e) {
    const NoGrad no_grad;
    const prob::Normal q = model.encode(x);
    const Tensor kl = mean(normal_kl_standard(q.loc, q.scale), 0);
    r.add(name + ", C", e.epoch, capacity(e.epoch * a_pass));
    r.add(name + ", KL", e.epoch, sum(kl).item());
    r.add(name + ", -log p(x|z)", e.epoch, -e.test.part("log_lik"));
    r.add(name + ", -ELBO", e.epoch, -e.test.bound);
    std::vector<double> each = kl.to_vector();
    for (std::size_t k = 0; k < each.size(); ++k)
      r.add(fmt::format("{}, KL of z_{}", name, k + 1), e.epoch, each[k]);
  };
  support::train(
      model, play, data,
      {.epochs = how.epochs, .batch = 32, .rate = 2e-3, .seed = how.seed, .falls_to = 0.1}, note);
}

}  // namespace concepts
