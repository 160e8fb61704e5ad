#pragma once

#include <functional>
#include <string>

#include "nn/data/dataset.hpp"
#include "support/concept/concept.hpp"
#include "vae/training/trainer.hpp"

namespace support {

struct TrainImages {
  int epochs = 10;
  std::int64_t batch = 100;
  double lr = 1e-3;  ///< of Adam, at first; falls to a tenth along half a cosine
  std::function<void(const tapestry::vae::EpochReport&)> on_epoch = {};
};

/// Trains `model` by `play`, a minibatch at a time. After each epoch the record gets points of the curves
/// "NAME, -ELBO", the mean bound of the test images, and "NAME, PART" for each part of the objective.
void train_images(const Concept& c, const std::string& name, tapestry::nn::Module& model,
                  const tapestry::vae::Play& play, const tapestry::nn::Dataset& data,
                  const TrainImages& options, Record& record);

}  // namespace support
