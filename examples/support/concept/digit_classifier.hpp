#pragma once

#include <functional>
#include <memory>

#include "nn/data/image_dataset.hpp"
#include "nn/layers/mlp.hpp"
#include "support/concept/concept.hpp"

namespace support {

/// Trains a network that names the class of an image, with logits [B, classes] of images [B, D], on the training images and
/// labels of `data` for some epochs. argmax of the logits is the class.
void train_classifier(const Concept& c, tapestry::nn::Module& net,
                      const std::function<tapestry::Tensor(const tapestry::Tensor&)>& logits,
                      const tapestry::nn::ImageDataset& data, int epochs);
/// The same for a new network with one hidden layer.
std::unique_ptr<tapestry::nn::Mlp> train_classifier(const Concept& c,
                                                    const tapestry::nn::ImageDataset& data,
                                                    int epochs);

}  // namespace support
