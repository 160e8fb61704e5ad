#pragma once

#include <cmath>
#include <functional>
#include <memory>

#include "nn/nn.hpp"
#include "support/concept/train.hpp"
#include "vae/vae.hpp"

// A VAE trained on any function of its log weights.

namespace concepts {

using namespace tapestry;

/// What is climbed, of log w [K, B] for K draws of each image.
using OfWeights = std::function<vae::Objective(const Tensor& log_w)>;

struct WeightsRun {
  std::vector<std::int64_t> hidden = {200, 200};
  std::int64_t latent = 50;
  int draws = 5, epochs = 10;
  std::int64_t batch = 100;
  double rate = 1e-3;  ///< of Adam, falling to 0 by a cosine
};

/// For the few drawn digits of a quick run.
inline WeightsRun small_run(int draws) {
  return {.hidden = {50}, .latent = 10, .draws = draws, .epochs = 4, .rate = 3e-3};
}

inline std::unique_ptr<vae::MlpVae> train_on_weights(const WeightsRun& run, const nn::Dataset& data,
                                                     const OfWeights& climbed, const Rng& init,
                                                     std::uint64_t seed) {
  auto model =
      std::make_unique<vae::MlpVae>(vae::VaeConfig{.hidden = run.hidden, .latent = run.latent});
  nn::init::torch_default(*model, init);
  const auto play = [&](const nn::Batch& batch, Rng& rng) {
    return climbed(vae::log_weights(*model, batch.images, rng, run.draws));
  };
  support::train(*model, play, data, {run.epochs, run.batch, run.rate, seed});
  return model;
}

}  // namespace concepts
