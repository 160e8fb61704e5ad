#pragma once

#include <memory>

#include "nn/data/image_dataset.hpp"
#include "nn/optim/optimizer.hpp"
#include "settings.hpp"
#include "vae/models/vae_config.hpp"
#include "vae/training/explainer.hpp"

// The objects that the settings describe.
namespace mnist_vae {

/// MNIST if it is found; otherwise, unless the user asked for it by name, the built-in strokes, and
/// config.data says so.
tapestry::nn::ImageDataset load_images(Config& config);
tapestry::vae::AnyVae make_model(const Config& config, const tapestry::nn::ImageDataset& data);
std::unique_ptr<tapestry::nn::Optimizer> make_optimizer(
    const Config& config, std::vector<tapestry::Parameter*> parameters);
tapestry::vae::Player player(const Config& config, const tapestry::vae::AnyVae& model,
                             tapestry::nn::Optimizer& optimizer,
                             const tapestry::nn::ImageDataset& data);
tapestry::vae::Explainer::Options explain_options(const Config& config);
tapestry::vae::TrainerOptions trainer_options(const Config& config);

}  // namespace mnist_vae
