#include "vae/models/vae_config.hpp"

#include "vae/models/conv.hpp"
#include "vae/models/mlp.hpp"

namespace tapestry::vae {

const VaeConfig& checked(const VaeConfig& c) {
  check<ConfigError>(c.latent >= 1, "latent must be at least 1, not {}", c.latent);
  check<ConfigError>(!c.hidden.empty(), "a VAE needs at least one hidden layer");
  for (const std::int64_t width : c.hidden) {
    check<ConfigError>(width >= 1, "hidden layers must have at least 1 unit, not {}", width);
  }
  return c;
}

AnyVae make_vae(const VaeConfig& c) {
  if (c.kind == VaeConfig::Kind::conv) return any_vae(std::make_shared<ConvVae>(c));
  return any_vae(std::make_shared<MlpVae>(c));
}

}  // namespace tapestry::vae
