#pragma once

#include <functional>

#include "autograd/ops.hpp"
#include "nn/nn.hpp"
#include "vae/bounds/adversarial.hpp"
#include "vae/training/player.hpp"

// Adversarially learned inference (Dumoulin et al. 2017, algorithm 1; Donahue, Kraehenbuehl and Darrell 2017): a pair (x, z) can
// be made in two ways,
//
//     x of the data, z ~ q(z|x)       or       z ~ p(z), x ~ p(x|z)
//
// and a critic D(x, z) tells which. Where it cannot, the joint distributions are equal, and so q(z|x) = p(z|x). The best D has
// log D/(1 - D) = log q(x) q(z|x) - log p(z) p(x|z). No density is needed, of q or of p.

namespace concepts {

using namespace tapestry;

/// A draw of q(z|x), or of p(x|z).
using DrawGiven = std::function<Tensor(const Tensor& given, Rng&)>;
/// log D/(1 - D), [B], of pairs x [B, D] and z [B, Z].
using JointLogit = std::function<Tensor(const Tensor& x, const Tensor& z)>;

/// The steps of the algorithm that can be taken wrongly.
struct JointSteps {
  bool numbers_to_critic = true;  ///< what the critic learns from is detached
  double encoder_sign = 1;        ///< of the encoder's half of the loss
};

struct JointGame {
  DrawGiven encode, decode;
  JointLogit logit;
  std::int64_t latents;
  JointSteps steps = {};

  struct Logits {
    Tensor encoded, decoded;  ///< at (x, z ~ q(z|x)) and at (x ~ p(x|z), z)
  };
  Logits logits(const Tensor& x, Rng& rng, bool numbers) const {
    const Tensor z = rng.normal({x.dim(0), latents});
    const Tensor z_of_x = encode(x, rng), x_of_z = decode(z, rng);
    if (numbers) return {logit(x, z_of_x.detach()), logit(x_of_z.detach(), z)};
    return {logit(x, z_of_x), logit(x_of_z, z)};
  }

  /// The critic climbs log D at encoded pairs and log(1 - D) at decoded ones.
  vae::Objective judge(const nn::Batch& batch, Rng& rng) const {
    const Logits at = logits(batch.images, rng, steps.numbers_to_critic);
    return {.value = vae::told_apart(at.encoded, at.decoded)};
  }
  /// Encoder and decoder climb the same with the names exchanged: each pair passes for one of the other kind.
  vae::Objective play(const nn::Batch& batch, Rng& rng) const {
    const Logits at = logits(batch.images, rng, false);
    return {.value = vae::passed_for_real(at.decoded) +
                     steps.encoder_sign * vae::passed_for_real(-at.encoded)};
  }
};

/// A network of both, side by side.
struct JointCritic : nn::Module {
  JointCritic(std::int64_t pixels, std::int64_t latents, std::int64_t hidden)
      : net(*this, "net", {pixels + latents, hidden, hidden, 1}, Activation::relu,
            Activation::none) {}

  Tensor logit(const Tensor& x, const Tensor& z) { return reshape(net(concat({x, z}, 1)), {-1}); }

  nn::Child<nn::Mlp> net;
};

/// Encoder and decoder of images, without noise: a point is a draw too. Batch normalisation keeps the players within
/// reach of each other.
struct ImagePair : nn::Module {
  ImagePair(std::int64_t pixels, std::int64_t latents, std::int64_t hidden) {
    const auto layers = [&](nn::Sequential& net, std::int64_t in, std::int64_t out) {
      net.add<nn::Linear>(in, hidden).add<nn::BatchNorm>(hidden).add<nn::Relu>();
      net.add<nn::Linear>(hidden, hidden).add<nn::BatchNorm>(hidden).add<nn::Relu>();
      net.add<nn::Linear>(hidden, out);
    };
    layers(E, pixels, latents);
    layers(logits, latents, pixels);
  }
  Tensor G(const Tensor& z) { return sigmoid(logits(z)); }

  nn::Child<nn::Sequential> E{*this, "E"}, logits{*this, "logits"};
};

}  // namespace concepts
