#pragma once

#include <memory>

#include "nn/data/image_dataset.hpp"
#include "nn/layers/mlp.hpp"
#include "support/concept/concept.hpp"

namespace support {

/// A network that names the class of an image: logits [..., classes] of images [..., D], trained on the training
/// images and labels of `data` for some epochs. argmax of the logits is the class.
std::unique_ptr<tapestry::nn::Mlp> train_classifier(const Concept& c,
                                                    const tapestry::nn::ImageDataset& data,
                                                    int epochs);

}  // namespace support
