#pragma once

#include <functional>

#include "autograd/ops.hpp"
#include "nn/layers/mlp.hpp"
#include "vae/bounds/adversarial.hpp"
#include "vae/bounds/mmd.hpp"
#include "vae/training/player.hpp"

// The Wasserstein autoencoder (Tolstikhin, Bousquet, Gelly and Schoelkopf 2018, equation 4). The smallest cost of moving the
// data onto G(z), z ~ p(z), is that over all encoders whose codes look like p(z) as a whole. Relaxed:
//
//     E |x - G(e(x))|^2 + lambda D(q(z), p(z)),       q(z) the codes e(x) of all data
//
// D = MMD^2 (algorithm 2), or a critic's (algorithm 1). Nothing is asked of the code of one image: it can be a point.

namespace concepts {

using namespace tapestry;
using vae::InverseMultiquadratic;

struct WaeSizes {
  std::int64_t pixels = 784, hidden = 400, latents = 8;
};

/// D of a minibatch of codes and as many draws of the prior, a scalar.
using Divergence = std::function<Tensor(const Tensor& codes, const Tensor& draws)>;

/// The unbiased MMD^2, whose sum leaves out the pairs of a draw with itself.
inline Divergence mmd(const InverseMultiquadratic& kernel) {
  return [kernel](const Tensor& a, const Tensor& b) { return vae::mmd_squared(a, b, kernel); };
}

struct WassersteinAutoencoder : nn::Module {
  WassersteinAutoencoder(const WaeSizes& s, double weight, Divergence of = {})
      : sizes(s),
        lambda(weight),
        D(of ? std::move(of) : mmd(InverseMultiquadratic::of_normal(s.latents))),
        encode(*this, "encode", {s.pixels, s.hidden, s.hidden, s.latents}, Activation::relu,
               Activation::none),
        logits(*this, "logits", {s.latents, s.hidden, s.hidden, s.pixels}, Activation::relu,
               Activation::none) {}

  Tensor decode(const Tensor& z) { return sigmoid(logits(z)); }  // G(z)
  Tensor draws(std::int64_t n, Rng& rng) const { return rng.normal({n, sizes.latents}); }

  /// Algorithm 2.
  vae::Objective objective(const nn::Batch& batch, Rng& rng) {
    const Tensor& x = batch.images;
    const Tensor z = encode(x), cost = sum(square(x - decode(z)), -1);
    if (lambda == 0) return {.value = -cost};
    const Tensor d = D(z, draws(x.dim(0), rng));
    return {.value = -cost - lambda * d,
            .parts = {{"cost", cost}, {"D", broadcast_to(d, cost.shape())}}};
  }

  const WaeSizes sizes;
  const double lambda;
  const Divergence D;
  nn::Child<nn::Mlp> encode, logits;
};

/// Algorithm 1: D is what a critic can tell.
struct CriticWae {
  /// The autoencoder's turn.
  vae::Objective play(const nn::Batch& batch, Rng&) {
    const Tensor& x = batch.images;
    const Tensor z = model.encode(x), cost = sum(square(x - model.decode(z)), -1);
    return {.value = model.lambda * vae::passed_for_real(logit(z)) - cost};
  }
  /// The critic's: draws of the prior are real, codes are fakes and numbers.
  vae::Objective judge(const nn::Batch& batch, Rng& rng) {
    const Tensor z = model.encode(batch.images).detach();
    return {.value = vae::told_apart(logit(model.draws(z.dim(0), rng)), logit(z))};
  }
  Tensor logit(const Tensor& z) { return reshape(critic(z), {-1}); }

  WassersteinAutoencoder& model;
  nn::Mlp& critic;
};

}  // namespace concepts
