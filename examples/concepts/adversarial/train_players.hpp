#pragma once

#include "nn/nn.hpp"
#include "support/concept/concept.hpp"
#include "vae/vae.hpp"

namespace concepts {

using namespace tapestry;

/// Trains players from new parameters, with the rates of their optimizers at first, which fall to 0 along half a cosine. The
/// last epoch counts: a player of a game has no score of its own.
inline void train_players(const support::Concept& c, const nn::Dataset& data,
                          std::vector<vae::Player> players, int epochs, std::int64_t batch) {
  const std::int64_t steps = epochs * (data.size(nn::Part::train) / batch);
  for (vae::Player& player : players) {
    player.rate = nn::schedule::cosine(player.optimizer.lr(), steps);
    nn::init::torch_default(player.model, c.rng(player.name));
  }
  vae::Trainer(std::move(players), data,
               {.epochs = epochs,
                .batch = batch,
                .score = [](const vae::Means&) { return 0.0; },
                .seed = c.seed()})
      .run();
}

}  // namespace concepts
