#pragma once

#include <vector>

#include "concepts/posteriors/planar_flow.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/flows/transformed.hpp"
#include "vae/models/heads.hpp"

namespace concepts {

struct FlowSizes {
  std::int64_t pixels = 784, hidden = 400, latents = 40;
  int steps = 10;
};

/// A VAE whose posterior is a normal that goes through planar steps. All their numbers come from x.
struct FlowVae : nn::Module {
  FlowVae(const FlowSizes& s, Move how)
      : sizes(s),
        moved(std::move(how)),
        trunk(*this, "trunk", {s.pixels, s.hidden}, Activation::relu),
        start(*this, "start", s.hidden, s.latents),
        pixels(*this, "pixels", {s.latents, s.hidden, s.pixels}, Activation::relu,
               Activation::none) {
    for (int k = 0; k < s.steps; ++k) step.add(s.hidden, 2 * s.latents + 1);
  }

  /// z_0 ~ N(mu(x), sigma(x)^2), z_K = f_K(... f_1(z_0)): equation 15 needs z_K and log q(z_K), equation 13.
  auto encode(const Tensor& x) {
    const Tensor h = trunk(x);
    std::vector<PlanarStep> steps;
    for (std::size_t k = 0; k < step.size(); ++k)
      steps.emplace_back(step[k](h), sizes.latents, moved);
    return prob::Transformed(start(h), steps);
  }
  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latents}, 1); }
  prob::Bernoulli decode(const Tensor& z) { return prob::Bernoulli(pixels(z), 1); }

  const FlowSizes sizes;
  const Move moved;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> start;
  nn::ChildList<nn::Linear> step{*this, "step"};
  nn::Child<nn::Mlp> pixels;
};

}  // namespace concepts
