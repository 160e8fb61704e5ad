#pragma once

#include <cstdint>
#include <vector>

#include "autograd/ops.hpp"
#include "vae/models/any_vae.hpp"
#include "vae/models/likelihood.hpp"

namespace tapestry::vae {

/// Everything that shapes an MlpVae or a ConvVae, which are made of it without values (see nn/init.hpp).
struct VaeConfig {
  enum class Kind { mlp, conv };

  Kind kind = Kind::mlp;  ///< which of the two `make_vae` makes
  std::int64_t rows = 28, cols = 28;
  /// mlp: widths of the encoder, which the decoder mirrors; conv: the dense layer.
  std::vector<std::int64_t> hidden = {400};
  std::int64_t latent = 20;
  Activation activation = Activation::relu;
  DecoderKind decoder = DecoderKind::bernoulli;
  /// Standard deviation of a gaussian decoder's pixels; 0 = one number, learned with the rest.
  double decoder_scale = 0;

  std::int64_t pixels() const { return rows * cols; }
};

/// The config itself; ConfigError for sizes below 1.
const VaeConfig& checked(const VaeConfig& config);

/// The model that `config.kind` names, chosen at run time. ConfigError for sizes below 1 or a kind that
/// does not fit the images.
AnyVae make_vae(const VaeConfig& config);

}  // namespace tapestry::vae
