#include "models.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "autograd/error.hpp"

namespace mnist_vae {

using namespace tapestry;

const std::vector<ModelRow>& models() {
  using Kind = vae::VaeConfig::Kind;
  static const std::vector<ModelRow> rows = {
      {"mlp", Kind::mlp, "dense layers, 784-400-20 and back", {"codes", "label"}},
      {"conv", Kind::conv, "convolutions in the place of dense layers", {"codes", "label"}},
      {"conditional",
       Kind::conditional,
       "an mlp that is told the label: digits on demand",
       {"codes", "decoder"}},
      {"ladder",
       Kind::ladder,
       "several layers of latents, the upper ones decide first",
       {"codes", "label", "decoder", "activation", "estimator", "samples", "active-units"}},
      {"vq",
       Kind::vq,
       "z is a map of numbers of vectors in a learned codebook",
       {"label", "decoder", "activation", "estimator", "samples", "active-units", "hidden", "beta",
        "kl-warmup"}},
      {"pixel",
       Kind::pixel,
       "p(x|z) reads the pixels before; drawing goes pixel by pixel",
       {"codes", "label", "decoder", "activation"}}};
  return rows;
}

const ModelRow& model_of(const Config& c) {
  const auto row = std::ranges::find(models(), c.model, &ModelRow::name);
  check<ConfigError>(row != models().end(), "--model {}: there is no such model", c.model);
  return *row;
}

bool takes(const ModelRow& model, const std::string& flag) {
  return std::ranges::find(model.unused, flag) == model.unused.end();
}

std::string models_text() {
  std::string text = "Models:\n";
  for (const ModelRow& m : models()) text += fmt::format("  {:<13}{}\n", m.name, m.what);
  return text;
}

std::string shape_text(const Config& c, std::int64_t pixels) {
  const std::string widths = fmt::format("{}-{}", pixels, fmt::join(c.hidden, "-"));
  switch (model_of(c).kind) {
    case vae::VaeConfig::Kind::ladder:
      return fmt::format("{}, latents {}", widths,
                         fmt::join(vae::ladder_latents(c.latent, c.hidden.size()), "-"));
    case vae::VaeConfig::Kind::vq:
      return fmt::format("{} codes for an image, of {} vectors of {}", pixels / 16, c.codes,
                         c.latent);
    case vae::VaeConfig::Kind::pixel:
      return fmt::format("{}-{}, masked convolutions", widths, c.latent);
    default:
      return fmt::format("{}-{} {}, {} decoder", widths, c.latent, c.activation, c.decoder);
  }
}

void check_flags(const Config& c) {
  const ModelRow& model = model_of(c);
  const std::vector<std::string> changed = changed_settings(c);
  for (const std::string& flag : changed) {
    if (takes(model, flag)) continue;
    std::vector<const char*> others;
    for (const ModelRow& m : models())
      if (takes(m, flag)) others.push_back(m.name);
    throw ConfigError(fmt::format("--{}: means nothing with --model {}", flag, c.model),
                      fmt::format("it is for {}", fmt::join(others, ", ")));
  }
}

}  // namespace mnist_vae
