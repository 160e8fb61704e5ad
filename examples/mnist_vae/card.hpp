#pragma once

#include "nn/data/image_dataset.hpp"
#include "settings.hpp"
#include "vae/models/any_vae.hpp"
#include "vae/training/trainer.hpp"

// What goes along with model.safetensors.
namespace mnist_vae {

/// model.md: what the model is, what it learned from, how good it is, and the command that makes it again.
void write_card(const Config& config, const tapestry::vae::AnyVae& model,
                const tapestry::nn::ImageDataset& data, const tapestry::vae::EpochReport& kept);

/// witness.safetensors: what the model says of 16 test images, so that a copy of it elsewhere can be checked.
///
///     images [16, D], labels i32 [16] if there are labels
///     noise.0 [16, Z], ...   the normal numbers of the draws of z, in the order of the draws
///     neg_elbo [16]          -ELBO of each image with that noise, in nats
void write_witness(const Config& config, const tapestry::vae::AnyVae& model,
                   const tapestry::nn::ImageDataset& data);

}  // namespace mnist_vae
