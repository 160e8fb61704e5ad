#include "vae/models/conv.hpp"

namespace tapestry::vae {
namespace {

constexpr std::int64_t kKernel = 4, kFirst = 32, kSecond = 64;

// Halves an image, or doubles it on the way back.
constexpr ConvOptions halve(Activation activation) {
  return {.stride = 2, .padding = 1, .activation = activation};
}

std::int64_t flat_size(const VaeConfig& c) { return kSecond * (c.rows / 4) * (c.cols / 4); }

const VaeConfig& checked_images(const VaeConfig& c) {
  checked(c);
  if (c.rows % 4 || c.cols % 4) {
    throw ConfigError(
        fmt::format("a convolutional VAE halves images twice; {}x{} cannot be", c.rows, c.cols),
        "use the mlp model, or crop to multiples of 4");
  }
  if (c.hidden.size() != 1) {
    throw ConfigError(
        fmt::format("a convolutional VAE has one dense hidden layer, not {}", c.hidden.size()),
        "give a single number, for example --hidden 256");
  }
  return c;
}

}  // namespace

ConvEncoder::ConvEncoder(const VaeConfig& c)
    : conv1(*this, "conv1", c.channels, kFirst, kKernel, halve(c.activation)),
      conv2(*this, "conv2", kFirst, kSecond, kKernel, halve(c.activation)),
      dense(*this, "dense", flat_size(c), c.hidden[0], c.activation),
      loc(*this, "loc", c.hidden[0], c.latent),
      log_variance(*this, "log_variance", c.hidden[0], c.latent),
      channels_(c.channels),
      rows_(c.rows),
      cols_(c.cols) {}

prob::Normal ConvEncoder::forward(const Tensor& x) {
  Tensor h = conv2(conv1(reshape(x, {-1, channels_, rows_, cols_})));
  h = dense(reshape(h, {x.dim(0), -1}));
  return {loc(h), exp(0.5 * log_variance(h)), 1};
}

ConvDecoder::ConvDecoder(const VaeConfig& c)
    : dense(*this, "dense", c.latent, c.hidden[0], c.activation),
      spread(*this, "spread", c.hidden[0], flat_size(c), c.activation),
      conv1(*this, "conv1", kSecond, kFirst, kKernel, halve(c.activation)),
      conv2(*this, "conv2", kFirst, c.channels, kKernel, halve(Activation::none)),
      pixels(*this, "pixels", c.decoder, c.decoder_scale),
      rows_(c.rows),
      cols_(c.cols) {}

Likelihood ConvDecoder::forward(const Tensor& z) {
  // Convolutions know one batch axis: several samples of z per image are folded into it.
  Tensor h = spread(dense(z));
  h = reshape(h, {-1, kSecond, rows_ / 4, cols_ / 4});
  const Tensor image = conv2(conv1(h));
  return pixels(reshape(image, z.shape().with(-1, image.dim(1) * rows_ * cols_)));
}

ConvVae::ConvVae(const VaeConfig& c)
    : config(checked_images(c)), encoder(*this, "encoder", c), decoder(*this, "decoder", c) {}

}  // namespace tapestry::vae
