#pragma once

#include "settings.hpp"
#include "vae/training/trainer.hpp"

// The folder of a run.
namespace mnist_vae {

/// Makes the folder. Throws ConfigError when it cannot be written, or holds a run that is not to be
/// resumed.
void check_out(const Config& config);

/// Resumes the run in the folder, or clears the files of an earlier one; writes config.json. To be called
/// once the trainer holds the folder.
void open_run(const Config& config, tapestry::vae::Trainer& trainer);

}  // namespace mnist_vae
