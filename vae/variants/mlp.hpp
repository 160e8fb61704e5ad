#pragma once

#include "nn/layers/linear.hpp"
#include "vae/model.hpp"
#include "vae/variants/pixel_decoder.hpp"

namespace tapestry::vae {

/// h = act(... act(x W1^T + b1)), q = N(loc(h), exp(log_variance(h))) (AEVB, appendix C.2).
class MlpEncoder : public nn::Module {
 public:
  explicit MlpEncoder(const VaeConfig& config);
  prob::Normal operator()(const Tensor& x, SourceLoc from = SourceLoc::current());

  nn::ChildList<nn::Linear> hidden{*this, "hidden"};
  nn::Child<nn::Linear> loc, log_variance;
};

/// The mirror image: z through the hidden widths in reverse to one number per pixel.
class MlpDecoder : public nn::Module {
 public:
  explicit MlpDecoder(const VaeConfig& config);
  Likelihood operator()(const Tensor& z, SourceLoc from = SourceLoc::current());

  nn::ChildList<nn::Linear> hidden{*this, "hidden"};
  nn::Child<nn::Linear> out;
  nn::Child<PixelDecoder> pixels;
};

/// The autoencoder of the first VAE papers: 784-400-20 and its relatives.
class MlpVae : public Vae {
 public:
  explicit MlpVae(const VaeConfig& config);
  prob::Normal encode(const Tensor& x) override { return encoder(x); }
  Likelihood decode(const Tensor& z) override { return decoder(z); }

  nn::Child<MlpEncoder> encoder;
  nn::Child<MlpDecoder> decoder;
};

}  // namespace tapestry::vae
