#pragma once

#include <algorithm>

#include "concepts/autoencoders/grey_rows.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/init.hpp"
#include "support/concept/train.hpp"

// Shared by the programs of this chapter that train networks.

namespace concepts {

using namespace tapestry;

/// Trains a module on rows of a data set, from random parameters. `error(batch, rng)` is what it makes small, [B].
template <class Error>
void fit(nn::Module& model, const nn::Dataset& data, const support::Training& how, Error&& error) {
  nn::init::torch_default(model, Rng(how.seed).stream("init"));
  const auto play = [&](const nn::Batch& batch, Rng& rng) -> vae::Objective {
    return {.value = -error(batch, rng)};
  };
  support::train(model, play, data, how);
}

/// The error that an autoencoder is trained with.
template <class Model>
auto reconstruction_error(Model& model) {
  return [&model](const nn::Batch& batch, Rng&) {
    return squared_error(batch.images, model.reconstruct(batch.images));
  };
}

/// The mean of error(x, reconstruct(x)) over the rows of a part.
template <class Reconstruct, class Error>
double mean_error(const nn::Dataset& data, nn::Part part, Reconstruct&& reconstruct,
                  Error&& error) {
  const NoGrad no_grad;
  const std::int64_t n = data.size(part), block = 5000;
  double total = 0;
  for (std::int64_t i = 0; i < n; i += block) {
    const Tensor x = data.range(part, i, std::min(block, n - i), Rng(1)).images;
    total += sum(error(x, reconstruct(x))).item();
  }
  return total / static_cast<double>(n);
}

/// The images of a data set as rows, with their labels as floating numbers; see grey_rows.
inline nn::TensorDataset row_data(const nn::ImageDataset& images, bool halved) {
  const auto part = [&](const nn::ByteImages& bytes, const std::vector<std::uint8_t>& labels) {
    const std::vector<std::int32_t> numbers(labels.begin(), labels.end());
    return nn::TensorPart{grey_rows(bytes, halved),
                          index_tensor(numbers, {bytes.count}).to(default_dtype())};
  };
  return nn::TensorDataset(part(images.train, images.train_labels),
                           part(images.test, images.test_labels));
}

}  // namespace concepts
