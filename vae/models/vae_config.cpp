#include "vae/models/vae_config.hpp"

#include "vae/models/conditional.hpp"
#include "vae/models/conv.hpp"
#include "vae/models/ladder.hpp"
#include "vae/models/mlp.hpp"
#include "vae/models/pixel.hpp"
#include "vae/models/vq.hpp"

namespace tapestry::vae {
namespace {

using Kind = VaeConfig::Kind;

// What make_vae alone knows of: the models have sizes of their own.
void check_fit(const VaeConfig& c) {
  const bool square = c.rows == c.cols;
  if (c.kind == Kind::vq && !(square && c.rows % 4 == 0))
    throw ConfigError(
        fmt::format("a VQ-VAE halves square images twice; {}x{} cannot be", c.rows, c.cols),
        "use another model, or crop to a multiple of 4");
  if (c.kind == Kind::pixel && !square)
    throw ConfigError(fmt::format("a PixelVAE takes square images, not {}x{}", c.rows, c.cols),
                      "use another model, or crop");
  if (c.kind == Kind::pixel && c.channels != 1)
    throw ConfigError("a PixelVAE takes grey images, not images in colour",
                      "use another model, or make the images grey");
  if (c.kind == Kind::pixel && c.hidden.size() != 1)
    throw ConfigError(fmt::format("a PixelVAE has one dense hidden layer, not {}", c.hidden.size()),
                      "give a single number, for example --hidden 256");
  check<ConfigError>(c.classes >= 1, "a conditional VAE needs labels, of at least 1 class, not {}",
                     c.classes);
  if (c.kind != Kind::mlp && c.kind != Kind::conv && c.decoder != DecoderKind::bernoulli)
    throw ConfigError("this model has a Bernoulli likelihood alone", "mlp and conv have others");
}

}  // namespace

std::vector<std::int64_t> ladder_latents(std::int64_t top, std::size_t layers) {
  std::vector<std::int64_t> latents(layers, top);
  for (std::size_t l = layers; l-- > 1;) latents[l - 1] = 2 * latents[l];
  return latents;
}

const VaeConfig& checked(const VaeConfig& c) {
  check<ConfigError>(c.rows >= 1 && c.cols >= 1 && c.channels >= 1,
                     "images must have at least 1 pixel, not {} x {} x {}", c.channels, c.rows,
                     c.cols);
  check<ConfigError>(c.latent >= 1, "latent must be at least 1, not {}", c.latent);
  check<ConfigError>(!c.hidden.empty(), "a VAE needs at least one hidden layer");
  for (const std::int64_t width : c.hidden) {
    check<ConfigError>(width >= 1, "hidden layers must have at least 1 unit, not {}", width);
  }
  return c;
}

AnyVae make_vae(const VaeConfig& c) {
  check_fit(checked(c));
  switch (c.kind) {
    case Kind::mlp:
      return any_vae(std::make_shared<MlpVae>(c));
    case Kind::conv:
      return any_vae(std::make_shared<ConvVae>(c));
    case Kind::conditional:
      return any_vae(std::make_shared<ConditionalVae>(
          ConditionalSizes{c.pixels(), c.classes, c.hidden, c.latent, c.activation}));
    case Kind::ladder:
      return any_vae(std::make_shared<LadderVae>(
          HierarchySizes{.pixels = c.pixels(),
                         .widths = c.hidden,
                         .latents = ladder_latents(c.latent, c.hidden.size())}));
    case Kind::vq:
      return any_vae(std::make_shared<VqVae>(VqSizes{
          .side = c.rows, .codes = c.codes, .code_width = c.latent, .image_channels = c.channels}));
    case Kind::pixel:
      return any_vae(std::make_shared<PixelVae>(
          PixelSizes{.side = c.rows, .latents = c.latent, .hidden = c.hidden[0]}));
  }
  throw ConfigError("no such kind of model");
}

}  // namespace tapestry::vae
