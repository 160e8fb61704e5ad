#pragma once

#include <vector>

#include "autograd/ops.hpp"
#include "nn/layers/conv2d.hpp"
#include "nn/layers/conv_transpose2d.hpp"
#include "nn/layers/mlp.hpp"
#include "vae/models/heads.hpp"

// A step of a sequential VAE (sequential_vae.hpp) for images: q_t(z_t|x) and f_t(x^(t-1), z_t).

namespace concepts {

using namespace tapestry;

/// A step over images of 28 x 28: the one before goes down to 7 x 7, meets z, and comes up again.
struct ImageStep : nn::Module {
  static constexpr std::int64_t kLatents = 4, kPixels = 784;
  static constexpr ConvOptions kHalve{.stride = 2, .padding = 1, .activation = Activation::relu};

  nn::Child<nn::Mlp> trunk{*this, "trunk", std::vector<std::int64_t>{784, 128}, Activation::relu};
  nn::Child<vae::NormalHead> head{*this, "head", 128, kLatents};
  nn::Child<nn::Conv2d> down1{*this, "down1", 1, 8, 4, kHalve};
  nn::Child<nn::Conv2d> down2{*this, "down2", 8, 16, 4, kHalve};
  nn::Child<nn::Linear> of_z{*this, "of_z", kLatents, 784, Activation::relu};
  nn::Child<nn::ConvTranspose2d> up1{*this, "up1", 32, 8, 4, kHalve};
  nn::Child<nn::ConvTranspose2d> up2{*this, "up2", 16,
                                     1,     4,     ConvOptions{.stride = 2, .padding = 1}};

  prob::Normal encode(const Tensor& x) { return head(trunk(x)); }
  Tensor f(const Tensor& before, const Tensor& z) {
    const Tensor at14 = down1(reshape(before, {-1, 1, 28, 28})), at7 = down2(at14);
    const Tensor h = up1(concat({at7, reshape(of_z(z), {-1, 16, 7, 7})}, 1));
    const Tensor b = clamp(before, 0.01, 0.99), logit = log(b) - log(1.0 - b);
    return sigmoid(logit + reshape(up2(concat({h, at14}, 1)), {-1, 784}));
  }
};

}  // namespace concepts
