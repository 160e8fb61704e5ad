#pragma once

#include "autograd/ops.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/conv2d.hpp"
#include "nn/layers/conv_transpose2d.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/reshape.hpp"
#include "nn/layers/sequential.hpp"
#include "vae/models/heads.hpp"

// Convolutional networks of pictures: an encoder, a generator and a critic.

namespace concepts {

using namespace tapestry;

struct PictureSizes {
  std::int64_t side = 28, channels = 16, latent = 20;

  PictureSizes with_latent(std::int64_t n) const { return {side, channels, n}; }
  std::int64_t map() const { return side / 4; }
  std::int64_t features() const { return 2 * channels * map() * map(); }
};

/// [B, D] -> [B, features]: two convolutions, each of which halves the image.
struct Look : nn::Sequential {
  explicit Look(const PictureSizes& s) {
    const ConvOptions half{.stride = 2, .padding = 1};
    add<nn::Reshape>(Shape{1, s.side, s.side}).add<nn::Conv2d>(1, s.channels, 4, half);
    add<nn::LeakyRelu>(0.2).add<nn::Conv2d>(s.channels, 2 * s.channels, 4, half);
    add<nn::LeakyRelu>(0.2).add<nn::Flatten>();
  }
};
struct Encoder : nn::Module {
  explicit Encoder(const PictureSizes& s)
      : look(*this, "look", s), head(*this, "head", s.features(), s.latent) {}
  prob::Normal operator()(const Tensor& x) { return head(look(x)); }
  nn::Child<Look> look;
  nn::Child<vae::NormalHead> head;
};
/// z [B, Z] -> logits of pixels [B, D].
struct Generator : nn::Sequential {
  explicit Generator(const PictureSizes& s) {
    const ConvOptions twice{.stride = 2, .padding = 1};
    add<nn::Linear>(s.latent, s.features(), Activation::relu);
    add<nn::Reshape>(Shape{2 * s.channels, s.map(), s.map()});
    add<nn::ConvTranspose2d>(2 * s.channels, s.channels, 4, twice).add<nn::Relu>();
    add<nn::ConvTranspose2d>(s.channels, 1, 4, twice).add<nn::Flatten>();
  }
};
struct PictureCritic : nn::Module {
  explicit PictureCritic(const PictureSizes& s)
      : features(*this, "features", s), out(*this, "out", s.features(), 1) {}
  Tensor logit_of(const Tensor& features_of_x) { return reshape(out(features_of_x), {-1}); }
  Tensor logit(const Tensor& x) { return logit_of(features(x)); }
  nn::Child<Look> features;
  nn::Child<nn::Linear> out;
};

}  // namespace concepts
