#pragma once

#include <functional>

#include "autograd/tape.hpp"
#include "nn/layers/masked_conv2d.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/any_vae.hpp"
#include "vae/models/heads.hpp"

namespace tapestry::vae {

struct PixelSizes {
  std::int64_t side = 28, latents = 32, hidden = 400;
  std::int64_t maps = 4;       ///< that the decoder makes of z, each as large as the image
  std::int64_t channels = 16;  ///< of the masked layers
  std::int64_t first = 7;      ///< kernel of the first masked layer; 0: a pixel sees no other
  std::int64_t then = 3;       ///< kernel of the two masked layers after it

  std::int64_t pixels() const { return side * side; }
  /// Rows above a pixel that it sees.
  std::int64_t rows_seen() const { return first == 0 ? 0 : reach(); }
  /// Of the kernels: how far above, to the left and to the right a logit looks.
  std::int64_t reach() const { return first / 2 + 2 * (then / 2); }
};

/// p(x|z) of images [..., D]: a network that reads the image it is asked about.
struct PixelByPixel {
  std::function<Tensor(const Tensor& x)> logits;  ///< logit i depends on x_1 .. x_i-1 alone
  /// Logit i [..., 1]: the same number, from the few pixels that it depends on.
  std::function<Tensor(const Tensor& x, std::int64_t i)> logit;
  Shape shape;  ///< of the images

  Tensor log_prob(const Tensor& x) const { return prob::Bernoulli(logits(x), 1).log_prob(x); }

  /// One pixel after the other. Not recorded.
  Tensor sample(Rng& rng) const {
    const NoGrad no_grad;
    const Tensor place = arange(shape[-1]);
    Tensor x = zeros(shape);
    for (std::int64_t i = 0; i < shape[-1]; ++i)
      x = where(equal(place, static_cast<double>(i)), prob::Bernoulli(logit(x, i)).sample(rng), x);
    return x;
  }
};

/// The masked layers: what is seen of the image, then joined to the maps of z.
class PixelCnn : public nn::Callable<PixelCnn> {
 public:
  explicit PixelCnn(const PixelSizes& of)
      : sizes(of),
        look(*this, "look", 1, of.channels, std::max<std::int64_t>(of.first, 1), nn::Center::hidden,
             Activation::relu),
        mix(*this, "mix", of.channels + of.maps, of.channels, of.then, nn::Center::seen,
            Activation::relu),
        mix_again(*this, "mix_again", of.channels, of.channels, of.then, nn::Center::seen,
                  Activation::relu),
        logit(*this, "logit", of.channels, 1, 1, nn::Center::seen) {}

  /// Logits [N, 1, H, W] of images x [N, 1, H, W] and maps of z [N, maps, H, W].
  Tensor forward(const Tensor& x, const Tensor& of_z) {
    Tensor seen = look(x);
    if (sizes.first == 0) seen = zeros_like(seen);
    return logit(mix_again(mix(concat({between(seen), of_z}, 1))));
  }

  const PixelSizes sizes;
  nn::Child<nn::MaskedConv2d> look, mix, mix_again, logit;
  /// What a wrong version does between the layers.
  std::function<Tensor(const Tensor&)> between = [](const Tensor& maps) { return maps; };
};

/// PixelVAE (Gulrajani et al. 2016): log p(x|z) = sum_i log Bernoulli(x_i | x_1 .. x_i-1, z). The z says what the
/// image is, the pixels before say how a line goes on.
class PixelVae : public nn::Module {
 public:
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
    const std::int64_t side = sizes.side, reach = sizes.reach();
    const Shape shape = z.shape().with(-1, sizes.pixels());
    const Tensor of_z = reshape(maps(z), {-1, sizes.maps, side, side});
    const auto images = [=](const Tensor& x) {
      return reshape(broadcast_to(x, shape), {-1, 1, side, side});
    };
    const auto logits = [=, this](const Tensor& x) { return reshape(cnn(images(x), of_z), shape); };
    const auto logit = [=, this](const Tensor& x, std::int64_t i) {
      const std::int64_t row = i / side, top = std::max<std::int64_t>(0, row - reach);
      const std::int64_t col = i % side, left = std::max<std::int64_t>(0, col - reach);
      const auto window = [&](const Tensor& all) {
        return slice(slice(all, 2, top, row + 1), 3, left, std::min(side, col + reach + 1));
      };
      const Tensor near = cnn(window(images(x)), window(of_z));
      const Tensor one =
          slice(slice(near, 2, row - top, row - top + 1), 3, col - left, col - left + 1);
      return reshape(one, shape.with(-1, 1));
    };
    return {logits, logit, shape};
  }
  /// Images of p(x|z) for one z of each q(z|x): [draws, B, D]. Not recorded.
  Tensor redraw(const Tensor& x, std::int64_t draws, Rng& rng) {
    const NoGrad no_grad;
    const Tensor z = encode(x).sample(rng);
    return decode(broadcast_to(z, {draws, x.dim(0), z.dim(1)})).sample(rng);
  }
  /// "one_z": a row for each of the first images: the image, then draws of p(x|z) for one z.
  std::vector<Sheet> sheets(const nn::Batch& batch, Rng& rng) {
    constexpr std::int64_t kRows = 8, kDraws = 7;
    const Tensor x = first_rows(batch.images, kRows);
    const Tensor all = concat({reshape(x, {1, x.dim(0), -1}), redraw(x, kDraws, rng)}, 0);
    return {{"one_z", transpose(all, {1, 0, 2}), kDraws + 1}};
  }

  const PixelSizes sizes;
  nn::Child<nn::Mlp> trunk;
  nn::Child<NormalHead> head;
  nn::Child<nn::Mlp> maps;
  nn::Child<PixelCnn> cnn;
};

}  // namespace tapestry::vae
