#pragma once

#include "nn/callable.hpp"
#include "nn/layers/conv2d.hpp"
#include "nn/layers/conv_transpose2d.hpp"
#include "nn/layers/linear.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/pixel_decoder.hpp"
#include "vae/models/vae_config.hpp"

namespace tapestry::vae {

/// Images [B, C*rows*cols] of C channels -> conv C-32-64 (4x4, stride 2, padding 1), each halving rows and columns -> a dense
/// layer -> q(z|x).
class ConvEncoder : public nn::Callable<ConvEncoder> {
 public:
  explicit ConvEncoder(const VaeConfig& config);
  prob::Normal forward(const Tensor& x);

  nn::Child<nn::Conv2d> conv1, conv2;
  nn::Child<nn::Linear> dense, loc, log_variance;

 private:
  std::int64_t channels_, rows_, cols_;
};

/// The way back, with transposed convolutions.
class ConvDecoder : public nn::Callable<ConvDecoder> {
 public:
  explicit ConvDecoder(const VaeConfig& config);
  Likelihood forward(const Tensor& z);

  nn::Child<nn::Linear> dense, spread;
  nn::Child<nn::ConvTranspose2d> conv1, conv2;
  nn::Child<PixelDecoder> pixels;

 private:
  std::int64_t rows_, cols_;
};

/// The same three distributions as MlpVae, from convolutions.
class ConvVae : public nn::Module {
 public:
  /// Throws ConfigError unless rows and columns are multiples of 4 and there is one hidden width.
  explicit ConvVae(const VaeConfig& config);

  prob::Normal encode(const Tensor& x) { return encoder(x); }
  prob::StandardNormal prior() const { return prob::StandardNormal({config.latent}, 1); }
  Likelihood decode(const Tensor& z) { return decoder(z); }

  const VaeConfig config;
  nn::Child<ConvEncoder> encoder;
  nn::Child<ConvDecoder> decoder;
};

}  // namespace tapestry::vae
