#pragma once

#include <vector>

#include "concepts/posteriors/inverse_autoregressive_flow.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/flows/transformed.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/heads.hpp"

namespace concepts {

struct IafSizes {
  std::int64_t pixels = 784, hidden = 300, latents = 32, width = 320;
  int steps = 2;
};

/// z_0 ~ N(mu(x), sigma(x)^2), and then steps that see h(x). The nets take the elements in turn from the first to the
/// last and from the last to the first.
struct IafVae : nn::Module {
  explicit IafVae(const IafSizes& s, IafSteps how = {})
      : sizes(s),
        steps(std::move(how)),
        trunk(*this, "trunk", {s.pixels, s.hidden, s.hidden}, Activation::relu),
        start(*this, "start", s.hidden, s.latents),
        pixels(*this, "pixels", {s.latents, s.hidden, s.hidden, s.pixels}, Activation::relu,
               Activation::none) {
    for (int t = 0; t < s.steps; ++t)
      net.add(nn::MadeSizes{.size = s.latents,
                            .hidden = s.width,
                            .context = s.hidden,
                            .reversed = steps.reversed(t)});
  }

  auto encode(const Tensor& x) {
    const Tensor h = trunk(x);
    std::vector<IafStep> flow;
    for (std::size_t t = 0; t < net.size(); ++t) flow.push_back(step(t, h));
    return prob::Transformed(start(h), flow);
  }
  IafStep step(std::size_t t, const Tensor& h) {
    return {{[this, t, h](const Tensor& z) {
              ++passes;
              return gated(steps.net(net[t], z, h));
            }},
            &steps};
  }
  prob::StandardNormal prior() const { return prob::StandardNormal({sizes.latents}, 1); }
  prob::Bernoulli decode(const Tensor& z) { return prob::Bernoulli(pixels(z), 1); }

  const IafSizes sizes;
  const IafSteps steps;
  int passes = 0;  ///< of the nets, so far
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> start;
  nn::ChildList<nn::Made> net{*this, "net"};
  nn::Child<nn::Mlp> pixels;
};

}  // namespace concepts
