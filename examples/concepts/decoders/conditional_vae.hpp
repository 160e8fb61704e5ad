#pragma once

#include <functional>
#include <vector>

#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/kl.hpp"
#include "vae/training/player.hpp"

// The conditional VAE (Sohn, Lee and Yan, Learning Structured Output Representation using Deep Conditional Generative Models,
// 2015, equation 4):
//
//     log p(x|y) >= E_q(z|x,y)[ log p(x|z,y) ] - KL(q(z|x,y) || p(z|y))

namespace concepts {

using namespace tapestry;

/// Where the label goes, one-hot [B, C]: the parts that can be made wrongly.
struct LabelSteps {
  using Step = std::function<Tensor(const Tensor& y)>;
  Step to_encoder = [](const Tensor& y) { return y; };
  Step to_decoder = [](const Tensor& y) { return y; };
  Step of_batch = [](const Tensor& y) { return y; };
};

struct ConditionalSizes {
  std::int64_t pixels = 784, classes = 10, hidden = 400, latent = 20;
};

struct ConditionalVae : nn::Module {
  explicit ConditionalVae(const ConditionalSizes& s, LabelSteps how = {})
      : sizes(s),
        steps(std::move(how)),
        trunk(*this, "trunk", {s.pixels + s.classes, s.hidden}, Activation::relu),
        loc(*this, "loc", s.hidden, s.latent),
        log_variance(*this, "log_variance", s.hidden, s.latent),
        pixels(*this, "pixels", {s.latent + s.classes, s.hidden, s.pixels}, Activation::relu,
               Activation::none),
        prior_loc(*this, "prior_loc", {s.classes, s.latent}, 0.0),
        prior_log_scale(*this, "prior_log_scale", {s.classes, s.latent}, 0.0) {}

  /// The three distributions with labels y [B, C] inside, a one for the class and zeros.
  struct Given {
    ConditionalVae& model;
    Tensor y;

    prob::Normal encode(const Tensor& x) const {
      const Tensor h = model.trunk(concat({x, model.steps.to_encoder(y)}, -1));
      return {model.loc(h), exp(0.5 * model.log_variance(h)), 1};
    }
    /// p(z|y), a row of a table for each class; N(0, I) as long as the table is not learned.
    prob::Normal prior() const {
      return {matmul(y, model.prior_loc), exp(matmul(y, model.prior_log_scale)), 1};
    }
    prob::Bernoulli decode(const Tensor& z) const {
      const Tensor each = broadcast_to(model.steps.to_decoder(y), z.shape().with(-1, y.dim(-1)));
      return prob::Bernoulli(model.pixels(concat({z, each}, -1)), 1);
    }
  };
  Given given(const Tensor& y) { return {*this, y}; }

  /// i32 [B] -> [B, C]
  Tensor one_hot(const Tensor& labels) const { return take_rows(eye(sizes.classes), labels); }

  vae::Play play() {
    return [this](const nn::Batch& batch, Rng& rng) -> vae::Objective {
      return vae::elbo(given(steps.of_batch(one_hot(batch.labels))), batch.images, rng);
    };
  }
  /// The plain VAE of the same size: no label says anything.
  vae::Play play_plain() {
    return [this](const nn::Batch& batch, Rng& rng) -> vae::Objective {
      return vae::elbo(given(0.0 * one_hot(batch.labels)), batch.images, rng);
    };
  }

  std::vector<Parameter*> without_prior() {
    std::vector<Parameter*> rest;
    for (Parameter* p : parameters())
      if (p != &prior_loc && p != &prior_log_scale) rest.push_back(p);
    return rest;
  }

  const ConditionalSizes sizes;
  const LabelSteps steps;
  nn::Child<nn::Mlp> trunk;
  nn::Child<nn::Linear> loc, log_variance;
  nn::Child<nn::Mlp> pixels;
  nn::Param prior_loc, prior_log_scale;
};

}  // namespace concepts
