#pragma once

#include <memory>

#include "nn/data/batcher.hpp"
#include "nn/data/image_dataset.hpp"
#include "support/concept/concept.hpp"
#include "vae/models/mlp.hpp"

namespace support {

struct TrainVae {
  int epochs = 10;
  std::int64_t batch = 128;
  double lr = 1e-3;  ///< of Adam, at first; falls to 0 along half a cosine
};

/// An MlpVae trained on the training images of `data`, in the default dtype; `config` need not name
/// their size. Prints one line with the bound on the test images.
std::unique_ptr<tapestry::vae::MlpVae> train_vae(const Concept& c,
                                                 const tapestry::nn::ImageDataset& data,
                                                 tapestry::vae::VaeConfig config,
                                                 const TrainVae& options);

/// The network of several programs of applications/: 784-400-20 on MNIST for 15 epochs, and smaller
/// with --quick.
tapestry::vae::VaeConfig digits_network(const Concept& c);
TrainVae digits_training(const Concept& c);

}  // namespace support
