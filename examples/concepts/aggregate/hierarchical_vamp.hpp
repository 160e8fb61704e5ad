#pragma once

#include <algorithm>

#include "concepts/aggregate/vamp_prior.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/heads.hpp"

// The VampPrior above two levels of latents (Tomczak and Welling 2018, section 4, equations 11 to 16).
//
//     p(z_2) = (1/K) sum_k q(z_2|u_k),   p(z_1|z_2),   p(x|z_1, z_2)
//     q(z_2|x),   q(z_1|x, z_2)
//     log p(x) >= E[ log p(x|z_1, z_2) - KL(q(z_1|x, z_2) || p(z_1|z_2)) - log q(z_2|x) + log p(z_2) ]
//
// With p(z_2) = N(0, I) the upper level of such a model is hardly used; a prior that goes where q(z_2|x) goes leaves it no reason
// to be idle.

namespace concepts {

struct LevelSizes {
  std::int64_t pixels = 784, hidden = 300, z1 = 20, z2 = 20;
  std::int64_t pseudo = 200;  ///< K; 0: the prior of z_2 is N(0, I)
};

/// The steps that can be taken wrongly.
struct LevelSteps {
  std::function<Tensor(const Tensor& log_q)> mix = even_mixture;
  double price = 1;  ///< weight of log q(z_2|x) - log p(z_2)
  /// z_2 as p(z_1|z_2) sees it, from z_2 and its posterior
  std::function<Tensor(const Tensor& z2, const prob::Normal& q, Rng&)> above =
      [](const Tensor& z2, const prob::Normal&, Rng&) { return z2; };
};

struct HierarchicalVamp : nn::Module {
  explicit HierarchicalVamp(const LevelSizes& s, LevelSteps how = {})
      : sizes(s),
        steps(std::move(how)),
        trunk2(*this, "trunk2", {s.pixels, s.hidden}, Activation::relu),
        head2(*this, "head2", s.hidden, s.z2),
        of_x(*this, "of_x", s.pixels, s.hidden),
        of_z2(*this, "of_z2", s.z2, s.hidden),
        head1(*this, "head1", s.hidden, s.z1),
        below(*this, "below", {s.z2, s.hidden}, Activation::relu),
        below_head(*this, "below_head", s.hidden, s.z1),
        image(*this, "image", {s.z1 + s.z2, s.hidden}, Activation::relu),
        pixels(*this, "pixels", s.hidden, s.pixels),
        pseudo(*this, "pseudo", {std::max<std::int64_t>(s.pseudo, 1), s.pixels}, 0.5) {
    if (s.pseudo == 0) pseudo.set_trainable(false);
  }

  prob::Normal encode(const Tensor& x) { return head2(trunk2(x)); }  ///< q(z_2|x)
  prob::Normal encode_below(const Tensor& x, const Tensor& z2) {     ///< q(z_1|x, z_2)
    return head1(relu(of_x(x) + of_z2(z2)));
  }
  prob::Normal prior_below(const Tensor& z2) { return below_head(below(z2)); }  ///< p(z_1|z_2)
  prob::Bernoulli decode(const Tensor& z1, const Tensor& z2) {
    return pixels(image(concat({z1, z2}, -1)));
  }
  Tensor log_prior(const Tensor& z2) {
    if (sizes.pseudo == 0) return prob::StandardNormal({sizes.z2}, 1).log_prob(z2);
    return VampPrior{encode(clamp(pseudo, 0, 1)), steps.mix}.log_prob(z2);
  }
  /// n draws of p(z_2). Not recorded.
  Tensor sample_prior(std::int64_t n, Rng& rng) {
    const NoGrad no_grad;
    if (sizes.pseudo == 0) return rng.normal({n, sizes.z2});
    return VampPrior{encode(clamp(pseudo, 0, 1)), steps.mix}.sample(rng, {n});
  }

  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const prob::Normal q2 = encode(x);
    const Tensor z2 = q2.rsample(rng);
    const prob::Normal q1 = encode_below(x, z2), p1 = prior_below(steps.above(z2, q2, rng));
    const Tensor z1 = q1.rsample(rng);
    return {
        .log_lik = decode(z1, z2).log_prob(x),
        .kl = {{"z1", prob::kl(q1, p1)}, {"z2", steps.price * (q2.log_prob(z2) - log_prior(z2))}}};
  }

  const LevelSizes sizes;
  const LevelSteps steps;
  nn::Child<nn::Mlp> trunk2;
  nn::Child<vae::NormalHead> head2;
  nn::Child<nn::Linear> of_x, of_z2;
  nn::Child<vae::NormalHead> head1;
  nn::Child<nn::Mlp> below;
  nn::Child<vae::NormalHead> below_head;
  nn::Child<nn::Mlp> image;
  nn::Child<vae::BernoulliHead> pixels;
  nn::Param pseudo;
};

}  // namespace concepts
