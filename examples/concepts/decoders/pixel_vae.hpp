#pragma once

#include <functional>

#include "nn/layers/masked_conv2d.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/heads.hpp"

// PixelVAE (Gulrajani et al. 2016): log p(x|z) = sum_i log Bernoulli(x_i | x_1 .. x_i-1, z). The z says what the
// image is, the pixels before say how a line goes on.

namespace concepts {

using namespace tapestry;

struct PixelSizes {
  std::int64_t side = 28, latents = 32, hidden = 400;
  std::int64_t maps = 4;       ///< that the decoder makes of z, each as large as the image
  std::int64_t channels = 16;  ///< of the masked layers
  std::int64_t first = 7;      ///< kernel of the first masked layer; 0: a pixel sees no other
  std::int64_t then = 3;       ///< kernel of the two masked layers after it

  std::int64_t pixels() const { return side * side; }
  /// Rows above a pixel that it sees.
  std::int64_t rows_seen() const { return first == 0 ? 0 : first / 2 + 2 * (then / 2); }
};

/// p(x|z) of images [..., D]: a network that reads the image it is asked about.
struct PixelByPixel {
  std::function<Tensor(const Tensor& x)> logits;  ///< logit i depends on x_1 .. x_i-1 alone
  Shape shape;                                    ///< of the images

  Tensor log_prob(const Tensor& x) const { return prob::Bernoulli(logits(x), 1).log_prob(x); }

  /// One pixel after the other: D times through the network. Not recorded.
  Tensor sample(Rng& rng) const {
    const NoGrad no_grad;
    const Tensor place = arange(shape[-1]);
    Tensor x = zeros(shape);
    for (std::int64_t i = 0; i < shape[-1]; ++i)
      x = where(equal(place, static_cast<double>(i)), prob::Bernoulli(logits(x)).sample(rng), x);
    return x;
  }
};

/// The masked layers: what is seen of the image, then joined to the maps of z.
struct PixelCnn : nn::Callable<PixelCnn> {
  explicit PixelCnn(const PixelSizes& of)
      : sizes(of),
        look(*this, "look", 1, of.channels, std::max<std::int64_t>(of.first, 1), nn::Center::hidden,
             Activation::relu),
        mix(*this, "mix", of.channels + of.maps, of.channels, of.then, nn::Center::seen,
            Activation::relu),
        mix_again(*this, "mix_again", of.channels, of.channels, of.then, nn::Center::seen,
                  Activation::relu),
        logit(*this, "logit", of.channels, 1, 1, nn::Center::seen) {}

  /// Logits [N, D] of images x [N, D] and maps of z [N, maps D].
  Tensor forward(const Tensor& x, const Tensor& of_z) {
    const auto image = [&](const Tensor& flat) {
      return reshape(flat, {x.dim(0), -1, sizes.side, sizes.side});
    };
    Tensor seen = look(image(x));
    if (sizes.first == 0) seen = zeros_like(seen);
    const Tensor h = mix(concat({between(seen), image(of_z)}, 1));
    return reshape(logit(mix_again(h)), {-1, sizes.pixels()});
  }

  const PixelSizes sizes;
  nn::Child<nn::MaskedConv2d> look, mix, mix_again, logit;
  /// What a wrong version does between the layers.
  std::function<Tensor(const Tensor&)> between = [](const Tensor& maps) { return maps; };
};

struct PixelVae : nn::Module {
  explicit PixelVae(const PixelSizes& of = {})
      : sizes(of),
        trunk(*this, "trunk", {of.pixels(), of.hidden}, Activation::relu),
        head(*this, "head", of.hidden, of.latents),
        maps(*this, "maps", {of.latents, of.hidden, of.maps * of.pixels()}, Activation::relu),
        cnn(*this, "cnn", of) {}

  prob::Normal encode(const Tensor& x) { return head(trunk(x)); }
  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latents}, 1); }
  /// z [..., latents]; the maps of z are made once.
  PixelByPixel decode(const Tensor& z) {
    const Shape shape = z.shape().with(-1, sizes.pixels());
    const Tensor of_z = reshape(maps(z), {-1, sizes.maps * sizes.pixels()});
    const auto logits = [=, this](const Tensor& x) {
      return reshape(cnn(reshape(broadcast_to(x, shape), {-1, sizes.pixels()}), of_z), shape);
    };
    return {logits, shape};
  }

  const PixelSizes sizes;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> head;
  nn::Child<nn::Mlp> maps;
  nn::Child<PixelCnn> cnn;
};

}  // namespace concepts
