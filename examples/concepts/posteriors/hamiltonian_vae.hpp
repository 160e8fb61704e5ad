#pragma once

#include "concepts/posteriors/hamiltonian_posterior.hpp"
#include "nn/layers/linear.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/standard_normal.hpp"
#include "vae/inference/explicit_gradient.hpp"
#include "vae/models/heads.hpp"

namespace concepts {

struct HamiltonianSizes {
  std::int64_t pixels = 784, hidden = 200, latents = 20;
  int steps = 1;
};

/// A VAE whose encoder proposes z_0, and whose decoder moves it uphill. r sees z_T and x. With 0 steps r is N(0, M) itself
/// and q the normal q_0.
struct HamiltonianVae : nn::Module {
  explicit HamiltonianVae(const HamiltonianSizes& s, Price subtracted = whole_price)
      : sizes(s),
        price(std::move(subtracted)),
        trunk(*this, "trunk", {s.pixels, s.hidden}, Activation::tanh),
        start(*this, "start", s.hidden, s.latents),
        r_of_x(*this, "r_of_x", s.hidden, s.hidden),
        r_of_z(*this, "r_of_z", s.latents, s.hidden),
        r_head(*this, "r_head", s.hidden, s.latents),
        pixels(*this, "pixels", {s.latents, s.hidden, s.pixels}, Activation::tanh,
               Activation::none),
        log_size(*this, "log_size", {s.latents}, -2.5),
        log_mass(*this, "log_mass", {s.latents}, 0.0) {
    if (s.steps > 0) return;
    for (nn::Module* part : std::initializer_list<nn::Module*>{&r_of_x, &r_of_z, &r_head})
      part->set_trainable(false);
    log_size.set_trainable(false);
  }

  HamiltonianPosterior encode(const Tensor& x) {
    const Tensor h = trunk(x), for_r = r_of_x(h);
    const auto reversed = [=, this](const Tensor& z) {
      return sizes.steps > 0 ? r_head(tanh(for_r + r_of_z(z)))
                             : Normal(0.0 * z, exp(0.5 * log_mass), 1);
    };
    return {.start = start(h),
            .slope = [=, this](const Tensor& z) { return vae::explicit_gradient(pixels, x, z); },
            .size = exp(log_size),
            .mass = exp(log_mass),
            .r = reversed,
            .steps = sizes.steps,
            .price = price};
  }
  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latents}, 1); }
  prob::Bernoulli decode(const Tensor& z) { return prob::Bernoulli(pixels(z), 1); }

  const HamiltonianSizes sizes;
  const Price price;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> start;
  nn::Child<nn::Linear> r_of_x, r_of_z;
  nn::Child<vae::NormalHead> r_head;
  nn::Child<nn::Mlp> pixels;
  nn::Param log_size, log_mass;
};

}  // namespace concepts
