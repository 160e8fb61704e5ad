#pragma once

#include <string>

#include "nn/data/tensor_dataset.hpp"
#include "support/concept/concept.hpp"
#include "vae/training/player.hpp"

namespace concepts {

struct TrainSequences {
  int epochs = 20;
  std::int64_t batch = 100;
  double lr = 3e-3;  ///< of Adam, at first; falls to 0 along half a cosine
};

/// Trains `model` on sequences [N, T, D]. The record gets the curve `name`, the bound of the test sequences in
/// nats a frame after each epoch, and `name, KL` if there is one.
void train_sequences(const support::Concept& c, tapestry::nn::Module& model,
                     const tapestry::vae::Play& play, const tapestry::nn::TensorDataset& data,
                     const std::string& name, const TrainSequences& options,
                     support::Record& record);

}  // namespace concepts
