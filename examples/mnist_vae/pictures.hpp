#pragma once

#include <filesystem>

#include "config.hpp"

namespace mnist_vae {

/// reconstructions.png, samples.png, interpolations.png, and manifold.png when the latent space is flat.
void draw_model(const Config& config, tapestry::vae::Vae& model,
                const tapestry::nn::ImageDataset& data);

/// curves.png, or a line that says why not.
void draw_curves(const Config& config, const std::vector<tapestry::vae::EpochReport>& history);

}  // namespace mnist_vae
