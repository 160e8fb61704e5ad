#pragma once

#include <memory>
#include <vector>

#include "concepts/adversarial/adversarial_autoencoder.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/optim/adam.hpp"
#include "vae/bounds/mmd.hpp"
#include "vae/training/trainer.hpp"

// How an adversarial autoencoder is trained, and what is measured then.

namespace concepts {

/// A model with its optimizers.
struct Game {
  Game(const AdversarialSizes& sizes, const DrawPrior& prior, const AdversarialSteps& steps,
       const Rng& init)
      : model(sizes, prior, steps) {
    nn::init::torch_default(model, init.stream("model"));
    nn::init::torch_default(model.critic, init.stream("critic"));
  }

  AdversarialAutoencoder model;
  nn::Adam own{model.parameters()};
  nn::Adam of_critic{model.critic.parameters(), {.beta1 = 0.5}};
  nn::Adam of_encoder{model.moved_in_third(), {.lr = 4e-4, .beta1 = 0.5}};
  std::vector<vae::Player> players = model.players(own, of_critic, of_encoder);
};

struct AdversarialTraining {
  int epochs;
  std::int64_t batch, tested;  ///< images that are measured
  std::uint64_t seed;
  std::size_t players = 3;  ///< of the three; the first alone is a plain autoencoder
};

struct Trained {
  std::shared_ptr<Game> game;
  double error;                   ///< -log p(x | e(x)) of all test images
  nn::Batch test;                 ///< some of them
  Tensor codes = {}, drawn = {};  ///< of these, and as many draws of the prior
  Tensor made = {};               ///< images decoded from the draws
  double mmd = 0,
         to_nearest = 0;  ///< MMD^2 of codes and draws; from a test image to the nearest made
};

inline Trained train(const AdversarialSizes& sizes, const DrawPrior& prior,
                     const AdversarialSteps& steps, const nn::ImageDataset& data,
                     const AdversarialTraining& how) {
  Rng rng(how.seed);
  const auto game = std::make_shared<Game>(sizes, prior, steps, rng.stream("init"));
  while (game->players.size() > how.players) game->players.pop_back();
  vae::Trainer trainer(game->players, data,
                       {.epochs = how.epochs,
                        .batch = how.batch,
                        .score = [](const vae::Means& means) { return -means.value; },
                        .seed = how.seed});
  trainer.run();
  const NoGrad no_grad;
  Trained t{.game = game,
            .error = -trainer.history().back().test.value,
            .test = data.range(nn::Part::test, 0, how.tested, rng)};
  t.codes = game->model.encoder(t.test.images), t.drawn = prior(t.test.labels, rng);
  t.made = game->model.decode(t.drawn).mean();
  t.mmd = vae::mmd_squared(t.codes, t.drawn, {1, 2, 4}).item();
  t.to_nearest = vae::distance_to_nearest(t.test.images, t.made);
  return t;
}

}  // namespace concepts
