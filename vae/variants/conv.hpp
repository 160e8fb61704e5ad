#pragma once

#include "nn/layers/conv2d.hpp"
#include "nn/layers/conv_transpose2d.hpp"
#include "nn/layers/linear.hpp"
#include "vae/model.hpp"
#include "vae/variants/pixel_decoder.hpp"

namespace tapestry::vae {

/// Images [B, R*C] -> conv 1-32-64 (4x4, stride 2, padding 1), each halving rows and columns -> a dense
/// layer -> q(z|x).
class ConvEncoder : public nn::Module {
 public:
  explicit ConvEncoder(const VaeConfig& config);
  prob::Normal operator()(const Tensor& x, SourceLoc from = SourceLoc::current());

  nn::Child<nn::Conv2d> conv1, conv2;
  nn::Child<nn::Linear> dense, loc, log_variance;

 private:
  std::int64_t rows_, cols_;
};

/// The way back, with transposed convolutions.
class ConvDecoder : public nn::Module {
 public:
  explicit ConvDecoder(const VaeConfig& config);
  Likelihood operator()(const Tensor& z, SourceLoc from = SourceLoc::current());

  nn::Child<nn::Linear> dense, spread;
  nn::Child<nn::ConvTranspose2d> conv1, conv2;
  nn::Child<PixelDecoder> pixels;

 private:
  std::int64_t rows_, cols_;
};

class ConvVae : public Vae {
 public:
  /// Throws ConfigError unless rows and columns are multiples of 4 and there is one hidden width.
  explicit ConvVae(const VaeConfig& config);
  prob::Normal encode(const Tensor& x) override { return encoder(x); }
  Likelihood decode(const Tensor& z) override { return decoder(z); }

  nn::Child<ConvEncoder> encoder;
  nn::Child<ConvDecoder> decoder;
};

}  // namespace tapestry::vae
