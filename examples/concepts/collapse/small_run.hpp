#pragma once

#include <unistd.h>

#include <filesystem>

#include "concepts/collapse/kl_annealing.hpp"
#include "nn/data/tensor_dataset.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "vae/training/trainer.hpp"

namespace concepts {

/// A VAE of 300 random images, 30 steps an epoch; the run is taken up from its checkpoint by a new trainer after each
/// of `pauses` but the last. Returns the weight of each step, and the bound of the last epoch.
inline std::vector<double> small_run(const Schedule& w, Weight weight,
                                     const std::vector<int>& pauses, const Rng& rng) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / fmt::format("kl_annealing_{}", ::getpid());
  fs::create_directory(folder);
  const nn::TensorDataset data({rng.stream("rows").uniform({300, 16})});
  std::vector<double> seen;
  double bound = 0;
  for (const int epochs : pauses) {
    WindowVae model({.side = 4, .latents = 2, .hidden = 8});
    nn::init::torch_default(model, rng.stream("init"));
    nn::Adam adam(model.parameters());
    const auto play = [&](const nn::Batch& b, Rng& noise) {
      seen.push_back(weight(w, b.step));
      return annealed(vae::elbo(model, b.images, noise), seen.back());
    };
    vae::Trainer trainer({{"vae", model, adam, play}}, data,
                         {.epochs = epochs, .batch = 10, .out = folder});
    trainer.resume();
    trainer.run();
    bound = trainer.history().back().train.bound;
  }
  seen.push_back(bound);
  fs::remove_all(folder);
  return seen;
}

}  // namespace concepts
