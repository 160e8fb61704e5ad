#include "settings.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace mnist_vae {

using namespace tapestry;
using Json = nlohmann::ordered_json;

namespace {

// Settings that may change when a run is resumed; the others would make it another run.
bool may_change(std::string_view name) {
  return name == "epochs" || name == "patience" || name == "threads" || name == "log-px";
}

void one_of(const char* flag, const std::string& value, std::initializer_list<const char*> known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  throw ConfigError(fmt::format("--{} {}: must be one of {}", flag, value, fmt::join(known, ", ")));
}

template <class T>
void at_least(const char* flag, T value, T least) {
  check<ConfigError>(value >= least, "--{} {}: must be at least {}", flag, value, least);
}

}  // namespace

void validate(const Config& c) {
  one_of("binarize", c.binarize, {"dynamic", "threshold", "none"});
  one_of("model", c.model, {"mlp", "conv"});
  one_of("activation", c.activation, {"relu", "tanh", "softplus"});
  one_of("decoder", c.decoder, {"bernoulli", "cbernoulli", "gaussian"});
  one_of("estimator", c.estimator, {"analytic", "generic"});
  one_of("optimizer", c.optimizer, {"adam", "adamw", "adagrad", "rmsprop", "sgd"});
  one_of("schedule", c.schedule, {"constant", "cosine", "exponential", "step"});
  check<ConfigError>(!c.hidden.empty(), "--hidden: needs at least one width");
  for (const std::int64_t width : c.hidden) at_least<std::int64_t>("hidden", width, 1);
  at_least<std::int64_t>("latent", c.latent, 1);
  at_least("samples", c.samples, 1);
  at_least("epochs", c.epochs, 1);
  at_least<std::int64_t>("batch", c.batch, 1);
  if (c.was_given("threads")) at_least("threads", c.threads, 1);
  at_least("threads", c.threads, 0);
  at_least("kl-warmup", c.kl_warmup, 0);
  at_least("patience", c.patience, 0);
  at_least("log-px", c.log_px, 0);
  check<ConfigError>(std::isfinite(c.lr) && c.lr > 0, "--lr {}: must be a finite number above 0",
                     c.lr);
  check<ConfigError>(std::isfinite(c.beta) && c.beta >= 0,
                     "--beta {}: must be a finite number, 0 or more", c.beta);
  check<ConfigError>(std::isfinite(c.clip) && c.clip >= 0,
                     "--clip {}: must be a finite number, 0 or more", c.clip);
}

void read_settings(Config& c, const std::filesystem::path& file) {
  std::ifstream in(file);
  check<ConfigError>(in.good(), "{}: cannot read the settings", file.string());
  Json json;
  try {
    json = Json::parse(in);
    check<ConfigError>(json.is_object(),
                       "{}: settings are a JSON object like that of a run's config.json",
                       file.string());
    for_each_setting(c, [&](const char* name, auto& field, const char*) {
      const auto found = json.find(name);
      if (found == json.end()) return;
      using Field = std::remove_reference_t<decltype(field)>;
      constexpr bool kNumber = std::is_arithmetic_v<Field> && !std::is_same_v<Field, bool>;
      check<ConfigError>(!kNumber || found->is_number(), "{}: {} must be a number, not {}",
                         file.string(), name, found->dump());
      check<ConfigError>(!std::is_integral_v<Field> || !kNumber || found->is_number_integer(),
                         "{}: {} must be a whole number, not {}", file.string(), name,
                         found->dump());
      field = found->template get<Field>();
      json.erase(found);
    });
  } catch (const Json::exception& fault) {
    throw ConfigError(fmt::format("{}: no valid settings ({})", file.string(), fault.what()));
  }
  check<ConfigError>(json.empty(), "{}: unknown setting \"{}\"", file.string(),
                     json.empty() ? "" : json.begin().key());
}

std::string to_json(const Config& config) {
  Json json;
  for_each_setting(config,
                   [&](const char* name, const auto& field, const char*) { json[name] = field; });
  return json.dump(2) + "\n";
}

void check_same_run(const Config& before, const Config& now, const std::filesystem::path& file) {
  Json old_settings = Json::parse(to_json(before)), new_settings = Json::parse(to_json(now));
  for (const auto& [name, value] : new_settings.items()) {
    if (may_change(name) || old_settings[name] == value) continue;
    throw ConfigError(fmt::format("--{} {}: the run in {} has {}", name, value.dump(),
                                  file.parent_path().string(), old_settings[name].dump()),
                      "leave the flag out, or start another run with another --out");
  }
}

}  // namespace mnist_vae
