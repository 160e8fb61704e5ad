#pragma once

#include <algorithm>

#include "support/numerics/every_image.hpp"  // for the sums of the programs
#include "vae/models/pixel.hpp"

// What is measured of a decoder that draws pixel by pixel.

namespace concepts {

using namespace tapestry;
using vae::PixelByPixel, vae::PixelVae;

/// What logits do when one pixel of an image turns from black to white or back.
struct Moved {
  double before = 0;  ///< the largest move of the pixel's own logit and of earlier ones
  double right = 0,
         below = 0;  ///< shares of the pixels that move the logit to their right, and that below
};
/// x [n n] and z [latents]: each pixel in turn.
inline Moved turn_pixels(PixelVae& model, const Tensor& x, const Tensor& z) {
  const NoGrad no_grad;
  const std::int64_t n = model.sizes.side, all = n * n;
  const PixelByPixel p = model.decode(broadcast_to(z, {all, z.size()}));
  const Tensor by = abs(p.logits(abs(x - eye(all))) - p.logits(x));  // row: turned; column: logit
  const double pairs = static_cast<double>(all - n);
  Moved moved;
  for (std::int64_t j = 0; j < all; ++j) {
    for (std::int64_t i = 0; i <= j; ++i) moved.before = std::max(moved.before, by.at({j, i}));
    if (j % n < n - 1 && by.at({j, j + 1}) > 0) moved.right += 1 / pairs;
    if (j < all - n && by.at({j, j + n}) > 0) moved.below += 1 / pairs;
  }
  return moved;
}

struct Samples {
  Tensor sheet;           ///< [n, 1 + draws, D]: each x, then images of p(x|z) for one z ~ q(z|x)
  double same_digit = 0;  ///< share of pairs of images of one z that `judge` gives the same class
};
inline Samples draw_samples(PixelVae& model, const Tensor& x, std::int64_t draws, nn::Mlp& judge,
                            Rng& rng) {
  const NoGrad no_grad;
  const Tensor drawn = model.redraw(x, draws, rng);
  const Tensor digit = argmax(judge(drawn)).to(DType::f64);  // [draws, n]
  const Tensor next = concat({slice(digit, 0, 1, draws), slice(digit, 0, 0, 1)}, 0);
  return {.sheet = transpose(concat({reshape(x, {1, x.dim(0), -1}), drawn}, 0), {1, 0, 2}),
          .same_digit = mean(equal(digit, next).to(DType::f64)).item()};
}

}  // namespace concepts
