#pragma once

#include "nn/data/image_dataset.hpp"
#include "settings.hpp"
#include "vae/models/any_vae.hpp"
#include "vae/training/trainer.hpp"

namespace mnist_vae {

/// reconstructions.png, samples.png and the sheets of the model; interpolations.png, and manifold.png when the latent
/// space is flat, of a model whose p(x|z) has a mean. Returns the seconds that it took.
double draw_model(const Config& config, const tapestry::vae::AnyVae& model,
                  const tapestry::nn::ImageDataset& data);

/// Draws the model again after an epoch, at most every 2 seconds and a twentieth of the time, so that a run
/// can be watched.
void draw_while_training(const Config& config, const tapestry::vae::AnyVae& model,
                         const tapestry::nn::ImageDataset& data, tapestry::vae::Trainer& trainer);

/// curves.png, or a line with the reason why there is none.
void draw_curves(const Config& config, const std::vector<tapestry::vae::EpochReport>& history);

}  // namespace mnist_vae
