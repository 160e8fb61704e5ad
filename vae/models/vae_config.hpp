#pragma once

#include <cstdint>
#include <vector>

#include "autograd/ops.hpp"
#include "vae/models/any_vae.hpp"
#include "vae/models/likelihood.hpp"

namespace tapestry::vae {

/// Everything that shapes a model of `make_vae`, which makes it without values (see nn/init.hpp).
struct VaeConfig {
  enum class Kind { mlp, conv, conditional, ladder, vq, pixel };

  Kind kind = Kind::mlp;
  std::int64_t rows = 28, cols = 28;
  std::int64_t channels = 1;  ///< of an image [channels, rows, cols]: 1, or 3 in colour
  /// mlp, conditional: widths of the encoder, which the decoder mirrors; ladder: of the layers from the
  /// image up; conv, pixel: the dense layer.
  std::vector<std::int64_t> hidden = {400};
  /// Size of z; ladder: of the top one, each below has twice as many; vq: of a vector of the codebook.
  std::int64_t latent = 20;
  std::int64_t classes = 10;                     ///< conditional
  std::int64_t codes = 64;                       ///< vq: vectors in the codebook
  Activation activation = Activation::relu;      ///< mlp, conv, conditional
  DecoderKind decoder = DecoderKind::bernoulli;  ///< mlp, conv; the others are Bernoulli
  /// Standard deviation of a gaussian decoder's pixels; 0 = one number, learned with the rest.
  double decoder_scale = 0;

  std::int64_t pixels() const { return channels * rows * cols; }
};

/// The config itself; ConfigError for sizes below 1.
const VaeConfig& checked(const VaeConfig& config);

/// The sizes of the latents of a ladder, from the image up: `top` above, and twice as many in each below.
std::vector<std::int64_t> ladder_latents(std::int64_t top, std::size_t layers);

/// The model that `config.kind` names, chosen at run time. ConfigError for sizes below 1 or a kind that
/// does not fit the images or the other fields.
AnyVae make_vae(const VaeConfig& config);

}  // namespace tapestry::vae
