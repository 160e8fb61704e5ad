#pragma once

#include "nn/nn.hpp"
#include "prob/prob.hpp"
#include "vae/vae.hpp"

// A VAE of one or more layers of latents, each told by the one beside it alone (Burda, Grosse and Salakhutdinov, Importance Weighted
// Autoencoders, 2016, section 2, equations 1 and 4).
//
//     q(z|x) = q(z_1|x) q(z_2|z_1) ...            p(x, z) = p(z_L) ... p(z_1|z_2) p(x|z_1)
//     log w  = log p(x, z) - log q(z|x)

namespace concepts {

using namespace tapestry;

/// Two hidden layers of tanh and a normal distribution.
struct NormalNet : nn::Callable<NormalNet> {
  NormalNet(std::int64_t in, std::int64_t hidden, std::int64_t out)
      : trunk(*this, "trunk", {in, hidden, hidden}, Activation::tanh),
        head(*this, "head", hidden, out) {}
  prob::Normal forward(const Tensor& x) { return head(trunk(x)); }

  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> head;
};

/// Of one layer: its latents, and the width between it and the layer below (the image is below the first).
struct LayerSizes {
  std::int64_t hidden, latent;
};

/// The steps that can be taken wrongly: the weights of log q(z_l|z_l-1) and of log p(z_l-1|z_l) above the image.
struct LayeredSteps {
  double price = 1, prior = 1;
  bool operator==(const LayeredSteps&) const = default;
};

struct LayeredVae : nn::Module {
  LayeredVae(std::int64_t pixels, const std::vector<LayerSizes>& layers, LayeredSteps how = {})
      : top(layers.back().latent),
        steps(how),
        trunk(*this, "trunk", {layers[0].latent, layers[0].hidden, layers[0].hidden},
              Activation::tanh),
        image(*this, "image", layers[0].hidden, pixels) {
    std::int64_t below = pixels;
    for (const LayerSizes& layer : layers) {
      up.add(below, layer.hidden, layer.latent);
      if (below != pixels) down.add(layer.latent, layer.hidden, below);
      below = layer.latent;
    }
  }

  prob::Bernoulli decode(const Tensor& z1) { return image(trunk(z1)); }

  /// log w [K, B] of `samples` draws of all layers for each image of x [B, D].
  Tensor log_weights(const Tensor& x, Rng& rng, int samples) {
    const prob::SampledLatent first = prob::rsample_and_log_prob(up[0](x), rng, {samples});
    Tensor z = first.z, log_w = decode(z).log_prob(x) - steps.price * first.log_q;
    for (std::size_t l = 1; l < up.size(); ++l) {
      const prob::SampledLatent above = prob::rsample_and_log_prob(up[l](z), rng);
      log_w = log_w + steps.prior * down[l - 1](above.z).log_prob(z) - steps.price * above.log_q;
      z = above.z;
    }
    return log_w + prob::StandardNormal({top}, 1).log_prob(z);
  }

  /// Var_x E[z_l|x] of every latent of every layer, from the first up: of the layers above the first as means over `draws` of the
  /// layers below. Not recorded.
  std::vector<Tensor> activity(const Tensor& x, Rng& rng, std::int64_t draws) {
    const NoGrad no_grad;
    prob::Normal q = up[0](x);
    std::vector<Tensor> of_layers{vae::latent_activity(q.loc)};
    for (std::size_t l = 1; l < up.size(); ++l) {
      q = up[l](q.sample(rng, l == 1 ? Shape{draws} : Shape{}));
      of_layers.push_back(vae::latent_activity(q.loc));
    }
    return of_layers;
  }

  const std::int64_t top;
  const LayeredSteps steps;
  nn::ChildList<NormalNet> up{*this, "up"};      ///< q(z_1|x), q(z_2|z_1), ...
  nn::ChildList<NormalNet> down{*this, "down"};  ///< p(z_1|z_2), ...
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::BernoulliHead> image;
};

}  // namespace concepts
