#pragma once

#include <string>
#include <vector>

#include "settings.hpp"
#include "vae/models/vae_config.hpp"

// What --model offers.
namespace mnist_vae {

struct ModelRow {
  const char* name;
  tapestry::vae::VaeConfig::Kind kind;
  const char* what;                 ///< one line for --help
  std::vector<const char*> unused;  ///< flags that mean nothing for it
};
const std::vector<ModelRow>& models();
/// The row of config.model. ConfigError for a name that is none.
const ModelRow& model_of(const Config& config);
bool takes(const ModelRow& model, const std::string& flag);

/// The rows as --help shows them.
std::string models_text();

/// "784-400-20 relu, bernoulli decoder": the sizes, for the header.
std::string shape_text(const Config& config, std::int64_t pixels);

/// Throws ConfigError for a flag that means nothing for the model and is not at its default; names the models that
/// it is for.
void check_flags(const Config& config);

}  // namespace mnist_vae
