#pragma once

#include "concepts/experiments/aevb.hpp"
#include "nn/data/image_dataset.hpp"
#include "vae/training/metrics.hpp"

/// The model of aevb_bound.cpp (C62, C64), which begins with its equations.
namespace tapestry::concepts {

/// What each learner minimises.
struct Losses {
  support::Loss aevb = support::aevb_loss, wake_sleep = support::wake_sleep_loss;
};

/// The bound on images that were learned from and on those of the test, z sampled.
inline support::Measured look(support::AevbVae& model, nn::ImageDataset data, const Rng& noise) {
  nn::keep_first(data, 10'000, 10'000);
  const auto bound = [&](nn::Part part) { return vae::evaluate(model, data, noise, part).bound; };
  return {{"train", bound(nn::Part::train)},
          {"test", bound(nn::Part::test)},
          {"in use", support::latents_in_use(model, data.test)}};
}

}  // namespace tapestry::concepts
