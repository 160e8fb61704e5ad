#pragma once

#include "nn/data/image_dataset.hpp"
#include "settings.hpp"
#include "vae/models/any_vae.hpp"
#include "vae/training/diagnosis.hpp"

// What the program prints and draws.
namespace mnist_vae {

void print_header(const Config& config, const tapestry::vae::AnyVae& model,
                  const tapestry::nn::ImageDataset& data);

/// The test bound, log p(x) and the pictures of a finished model (--load).
void report_model(const Config& config, const tapestry::vae::AnyVae& model,
                  const tapestry::nn::ImageDataset& data);

/// What is wrong with a run, or that nothing is; findings.json has it too.
void report_findings(const Config& config, const std::vector<tapestry::vae::Finding>& findings);

/// The same after training, with the curves. Returns the program's exit status: 130 if interrupted.
int report_run(const Config& config, const tapestry::vae::AnyVae& model,
               const tapestry::nn::ImageDataset& data, const tapestry::vae::Trainer& trainer,
               tapestry::vae::Trainer::Outcome outcome);

}  // namespace mnist_vae
