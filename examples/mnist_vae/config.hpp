#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nn/optim/optimizer.hpp"
#include "vae/trainer.hpp"

namespace mnist_vae {

/// Every flag. `settings` below are what config.json keeps; the rest says what to do in this call.
struct Config {
  // settings
  std::string data = "mnist";
  std::string binarize = "dynamic";
  std::string model = "mlp";
  std::vector<std::int64_t> hidden = {400};
  std::int64_t latent = 20;
  std::string activation = "relu";
  std::string decoder = "bernoulli";
  std::string estimator = "analytic";
  int samples = 1;
  double beta = 1;
  int kl_warmup = 0;
  int epochs = 10;
  std::int64_t batch = 128;
  std::string optimizer = "adam";
  double lr = 1e-3;
  std::string schedule = "constant";
  double clip = 0;
  int patience = 0;
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0 = all cores
  int log_px = 0;
  bool smoke = false;

  // this call
  std::filesystem::path out = "runs/mnist_vae";
  bool resume = false;
  std::filesystem::path load;
  std::vector<std::string> given;  ///< flags that stood on the command line
  bool was_given(const std::string& flag) const;
};

/// Reads the command line over --config's file, or over the run's own config.json with --resume and
/// --load. Prints and exits for --help and --version. Throws ConfigError for anything that cannot be:
/// nothing has been touched by then.
Config parse(int argc, char** argv);

/// The settings as config.json holds them.
std::string to_json(const Config& config);

// What the settings mean.
tapestry::vae::VaeConfig model_config(const Config& config, const tapestry::nn::ImageDataset& data);
std::unique_ptr<tapestry::nn::Optimizer> make_optimizer(
    const Config& config, std::vector<tapestry::Parameter*> parameters);
tapestry::vae::TrainerOptions trainer_options(const Config& config,
                                              const tapestry::nn::ImageDataset& data);

/// "dynamically binarised, a fresh draw of every pixel each epoch"
std::string data_rule(const Config& config);
/// What a reader must know about this pairing of pixels and likelihood; empty when it is a sound bound.
std::string bound_warning(const Config& config);

}  // namespace mnist_vae
