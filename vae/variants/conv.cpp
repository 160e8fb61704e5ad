#include "vae/variants/conv.hpp"

namespace tapestry::vae {
namespace {

constexpr ConvOptions kHalve{.stride = 2, .padding = 1};
constexpr std::int64_t kKernel = 4, kFirst = 32, kSecond = 64;

std::int64_t flat_size(const VaeConfig& c) { return kSecond * (c.rows / 4) * (c.cols / 4); }

const VaeConfig& checked(const VaeConfig& c) {
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

Tensor activate(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return relu(x);
    case Activation::tanh:
      return tanh(x);
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::softplus:
      return softplus(x);
  }
  return x;
}

}  // namespace

ConvEncoder::ConvEncoder(const VaeConfig& c)
    : conv1(*this, "conv1", 1, kFirst, kKernel, kHalve),
      conv2(*this, "conv2", kFirst, kSecond, kKernel, kHalve),
      dense(*this, "dense", flat_size(c), c.hidden[0], c.activation),
      loc(*this, "loc", c.hidden[0], c.latent),
      log_variance(*this, "log_variance", c.hidden[0], c.latent),
      rows_(c.rows),
      cols_(c.cols),
      activation_(c.activation) {}

prob::Normal ConvEncoder::operator()(const Tensor& x, SourceLoc from) {
  const Scope scope = enter(from);
  Tensor h = reshape(x, {-1, 1, rows_, cols_});
  h = activate(conv1(h), activation_);
  h = activate(conv2(h), activation_);
  h = dense(reshape(h, {x.dim(0), -1}));
  return {loc(h), exp(0.5 * log_variance(h)), 1};
}

ConvDecoder::ConvDecoder(const VaeConfig& c)
    : dense(*this, "dense", c.latent, c.hidden[0], c.activation),
      spread(*this, "spread", c.hidden[0], flat_size(c), c.activation),
      conv1(*this, "conv1", kSecond, kFirst, kKernel, kHalve),
      conv2(*this, "conv2", kFirst, 1, kKernel, kHalve),
      pixels(*this, "pixels", c.decoder, c.decoder_scale),
      rows_(c.rows),
      cols_(c.cols),
      activation_(c.activation) {}

Likelihood ConvDecoder::operator()(const Tensor& z, SourceLoc from) {
  const Scope scope = enter(from);
  // Convolutions know one batch axis: several samples of z per image are folded into it.
  Tensor h = spread(dense(z));
  h = reshape(h, {-1, kSecond, rows_ / 4, cols_ / 4});
  h = activate(conv1(h), activation_);
  const Tensor image = conv2(h);
  return pixels(reshape(image, z.shape().with(-1, rows_ * cols_)));
}

ConvVae::ConvVae(const VaeConfig& c)
    : Vae(c.rows * c.cols, c.latent),
      encoder(*this, "encoder", checked(c)),
      decoder(*this, "decoder", c) {}

}  // namespace tapestry::vae
