#pragma once

#include "concepts/hierarchies/pixel_guess.hpp"
#include "nn/nn.hpp"

// A small U-Net that tells the noise in an image.

namespace concepts {

/// x + conv(silu(conv(silu(norm(x))) + time)) for maps x [B, C, side, side].
struct TimedBlock : nn::Callable<TimedBlock> {
  TimedBlock(std::int64_t channels, std::int64_t side, std::int64_t time)
      : norm(*this, "norm", channels * side * side),
        first(*this, "first", channels, channels, 3, ConvOptions{.padding = 1}),
        second(*this, "second", channels, channels, 3, ConvOptions{.padding = 1}),
        shift(*this, "shift", time, channels) {}

  Tensor forward(const Tensor& x, const Tensor& time) {
    const Tensor h = first(silu(reshape(norm(reshape(x, {x.dim(0), -1})), x.shape())));
    return x + second(silu(h + reshape(shift(time), {x.dim(0), x.dim(1), 1, 1})));
  }

  nn::Child<nn::LayerNorm> norm;
  nn::Child<nn::Conv2d> first, second;
  nn::Child<nn::Linear> shift;
};

/// Three maps in, three out; half and a quarter of the side inside.
struct UNet : nn::Callable<UNet> {
  UNet(std::int64_t c, std::int64_t side, std::int64_t features = 64)
      : clock(*this, "clock", 32, 80, 2),
        time(*this, "time", {32, features, features}, Activation::relu),
        in(*this, "in", 3, c, 4, ConvOptions{.stride = 2, .padding = 1}),
        down(*this, "down", c, 2 * c, 2, ConvOptions{.stride = 2}),
        up(*this, "up", 2 * c, c, 2, ConvOptions{.stride = 2}),
        out(*this, "out", c, 3, 4, ConvOptions{.stride = 2, .padding = 1}) {
    for (int k = 0; k < 2; ++k) {
      left.add(c, side / 2, features);
      low.add(2 * c, side / 4, features);
      right.add(c, side / 2, features);
    }
  }

  Tensor forward(const Tensor& maps, const Tensor& gamma) {
    const Tensor t = time(clock(gamma));
    const Tensor fine = left[1](left[0](in(maps), t), t);
    const Tensor coarse = low[1](low[0](down(fine), t), t);
    return out(silu(right[1](right[0](up(coarse) + fine, t), t)));
  }

  nn::Child<nn::TimeEmbedding> clock;
  nn::Child<nn::Mlp> time;
  nn::Child<nn::Conv2d> in, down;
  nn::Child<nn::ConvTranspose2d> up, out;
  nn::ChildList<TimedBlock> left{*this, "left"}, low{*this, "low"}, right{*this, "right"};
};

/// eps-hat(z, gamma) [B, D]. With zeros from the net it is E[eps | z] of independent pixels; the net moves the odds
/// of black and white, and what a grey pixel is taken for.
struct Denoiser : nn::Callable<Denoiser> {
  Denoiser(std::vector<PixelPart> of, std::int64_t channels, std::int64_t n)
      : parts(std::move(of)), side(n), net(*this, "net", channels, n) {}

  Tensor forward(const Tensor& z, const Tensor& gamma) {
    const NoiseLevel n(gamma);
    const std::int64_t B = z.dim(0), D = z.dim(1);
    const auto map = [&](const Tensor& maps, int k) {
      return reshape(slice(maps, 1, k, k + 1), {B, D});
    };
    std::vector<Tensor> odds;
    for (const PixelPart& part : parts) odds.push_back(part.log_joint(z, n));
    const Tensor alone = softmax(stack(odds, 1), 1);
    const Tensor seen = concat({reshape(z, {B, 1, D}), slice(alone, 1, 0, 2)}, 1);
    const Tensor says = reshape(net(reshape(seen, {B, 3, side, side}), gamma), {B, 3, D});
    odds[0] += map(says, 0), odds[1] += map(says, 1);
    const Tensor share = softmax(stack(odds, 1), 1);
    const Tensor grey = parts[2].eps(z, n) + parts[2].eps_scale(n) * map(says, 2);
    const Tensor black = map(share, 0);
    return black * parts[0].eps(z, n) + map(share, 1) * parts[1].eps(z, n) + map(share, 2) * grey +
           (1.0 - black) * eps_of_levels(z, n, 2.0 / 256, 1.0 / 256);
  }

  const std::vector<PixelPart> parts;
  const std::int64_t side;
  nn::Child<UNet> net;
};

}  // namespace concepts
