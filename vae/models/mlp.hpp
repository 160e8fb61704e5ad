#pragma once

#include "nn/callable.hpp"
#include "nn/layers/linear.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/pixel_decoder.hpp"
#include "vae/models/vae_config.hpp"

namespace tapestry::vae {

/// h = act(... act(x W1^T + b1)), q = N(loc(h), exp(log_variance(h))) (AEVB, appendix C.2).
class MlpEncoder : public nn::Callable<MlpEncoder> {
 public:
  explicit MlpEncoder(const VaeConfig& config);
  prob::Normal forward(const Tensor& x);

  nn::ChildList<nn::Linear> hidden{*this, "hidden"};
  nn::Child<nn::Linear> loc, log_variance;
};

/// The mirror image: z through the hidden widths in reverse to one number per pixel.
class MlpDecoder : public nn::Callable<MlpDecoder> {
 public:
  explicit MlpDecoder(const VaeConfig& config);
  Likelihood forward(const Tensor& z);

  nn::ChildList<nn::Linear> hidden{*this, "hidden"};
  nn::Child<nn::Linear> out;
  nn::Child<PixelDecoder> pixels;
};

/// The autoencoder of the first VAE papers: 784-400-20 and its relatives. q(z|x) is a diagonal normal, the
/// prior N(0, I), and p(x|z) has one number for each pixel.
class MlpVae : public nn::Module {
 public:
  /// ConfigError for sizes below 1.
  explicit MlpVae(const VaeConfig& config);

  /// x [B, D] -> q(z|x), event_dims = 1 over Z.
  prob::Normal encode(const Tensor& x) { return encoder(x); }
  prob::StandardNormal prior() const { return prob::StandardNormal({config.latent}, 1); }
  /// z [..., Z] -> p(x|z), event_dims = 1 over D.
  Likelihood decode(const Tensor& z) { return decoder(z); }

  const VaeConfig config;
  nn::Child<MlpEncoder> encoder;
  nn::Child<MlpDecoder> decoder;
};

}  // namespace tapestry::vae
