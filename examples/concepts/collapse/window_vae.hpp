#pragma once

#include <cmath>
#include <functional>

#include "nn/layers/masked_linear.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/heads.hpp"

// A VAE whose decoder reads the earlier pixels of the image, in a window (Chen et al. 2017): as wide as the image,
// it can do without z. The decoder is a MADE (Germain et al. 2015) with hidden units at each pixel.

namespace concepts {

using namespace tapestry;

struct WindowSizes {
  std::int64_t side = 14, latents = 20, hidden = 200;
  std::int64_t units = 2;  ///< of the hidden layer, at each pixel
  /// Rows and columns to each side that a layer sees. There are two: a pixel sees the earlier pixels of
  /// twice as many. 0: it sees none.
  std::int64_t radius = 13;

  std::int64_t pixels() const { return side * side; }
};

/// The mask of a layer with `out` units at each pixel over a layer with `in`: a unit sees what is before it and not
/// too far away.
inline Tensor window_mask(const WindowSizes& of, std::int64_t in, std::int64_t out, nn::Sees sees) {
  std::vector<double> mask;
  for (std::int64_t o = 0; o < out * of.pixels(); ++o)
    for (std::int64_t i = 0; i < in * of.pixels(); ++i) {
      const std::int64_t unit = o % of.pixels(), input = i % of.pixels();
      const bool before = sees == nn::Sees::same ? input <= unit : input < unit;
      const std::int64_t rows = unit / of.side - input / of.side,
                         columns = std::abs(unit % of.side - input % of.side);
      mask.push_back(before && rows <= of.radius && columns <= of.radius);
    }
  return tensor(mask).with_shape({out * of.pixels(), in * of.pixels()});
}

/// p(x|z) = prod_i Bernoulli(x_i | the window of pixel i, z).
struct WindowDecoder : nn::Callable<WindowDecoder> {
  explicit WindowDecoder(const WindowSizes& of)
      : trunk(*this, "trunk", {of.latents, of.hidden}, Activation::relu),
        z_to_units(*this, "z_to_units", of.hidden, of.units * of.pixels()),
        z_to_logits(*this, "z_to_logits", of.hidden, of.pixels()),
        units(*this, "units", window_mask(of, 1, of.units, nn::Sees::same)),
        logits(*this, "logits", window_mask(of, of.units, 1, nn::Sees::earlier)),
        direct(*this, "direct", window_mask(of, 1, 1, nn::Sees::earlier)) {}

  prob::Bernoulli forward(const Tensor& x, const Tensor& z) {
    const Tensor of_z = trunk(z), h = relu(units(x) + z_to_units(of_z));
    return prob::Bernoulli(logits(h) + direct(x) + z_to_logits(of_z), 1);
  }

  nn::Child<nn::Mlp> trunk;
  nn::Child<nn::Linear> z_to_units, z_to_logits;
  nn::Child<nn::MaskedLinear> units, logits, direct;
};

/// The decoder with z bound: it reads the image that it is asked about.
struct GivenWindow {
  WindowDecoder& decoder;
  Tensor z;

  Tensor log_prob(const Tensor& x) const { return decoder(x, z).log_prob(x); }
};

struct WindowVae : nn::Module {
  explicit WindowVae(const WindowSizes& of)
      : sizes(of),
        trunk(*this, "trunk", {of.pixels(), of.hidden}, Activation::relu),
        head(*this, "head", of.hidden, of.latents),
        decoder(*this, "decoder", of) {}

  prob::Normal encode(const Tensor& x) { return head(trunk(x)); }
  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latents}, 1); }
  GivenWindow decode(const Tensor& z) { return {decoder, passed(z)}; }

  const WindowSizes sizes;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> head;
  nn::Child<WindowDecoder> decoder;
  /// z as the decoder gets it.
  std::function<Tensor(const Tensor&)> passed = [](const Tensor& z) { return z; };
};

}  // namespace concepts
