#pragma once

#include <functional>

#include "concepts/hierarchies/canvas_brush.hpp"
#include "nn/layers/gru.hpp"
#include "vae/bounds/levels.hpp"
#include "vae/models/heads.hpp"

// DRAW (Gregor, Danihelka, Graves, Rezende and Wierstra, DRAW: A Recurrent Neural Network For Image Generation,
// 2015), with the use that Towards Conceptual Compression (Gregor, Besse, Rezende, Danihelka and Wierstra 2016) makes of
// it: keep the first latents, draw the others. An image is painted in T steps on a canvas. Numbers are the equations of 2015.

namespace concepts {

using namespace tapestry;
using prob::Normal, vae::Level;

/// The steps of a canvas that a wrong version replaces.
struct CanvasSteps {
  std::function<Tensor(const Normal& q, Rng&)> drawn = [](auto& q, auto& rng) {
    return q.rsample(rng);
  };
  std::function<Tensor(const prob::Bernoulli&, const Tensor& x)> painted =
      &prob::Bernoulli::log_prob;
  std::function<vae::ElboTerms(std::span<const Level>, const Tensor& log_lik)> bound =
      [](auto levels, auto& log_lik) { return vae::elbo(levels, log_lik); };
};

template <class Brush>
struct Canvas : nn::Module {
  explicit Canvas(const CanvasSizes& of, const CanvasSteps& how = {})
      : sizes(of),
        brush(*this, "brush", of),
        encoder(*this, "encoder", Brush::numbers_read(of) + of.state, of.state),
        head(*this, "head", of.state, of.latents),
        decoder(*this, "decoder", of.latents, of.state),
        step(how) {}

  struct Drawing {
    std::vector<Level> levels;
    std::vector<Tensor> canvas;  ///< c_1 .. c_T, logits [B, D]
  };
  /// The first `kept` of z_1 .. z_T are drawn from q, the others from the prior.
  Drawing draw(const Tensor& x, Rng& rng, std::int64_t kept) {
    Drawing d;
    const Normal p(zeros({sizes.latents}), 1.0, 1);
    Tensor c = zeros_like(x), of_x = encoder.start(x.dim(0)), h = decoder.start(x.dim(0));
    for (std::int64_t t = 0; t < sizes.steps; ++t) {
      const Tensor error = x - sigmoid(c);                                         // (3)
      of_x = encoder(concat({brush.read(x, error, h), h}, -1), of_x);              // (4), (5)
      const Normal q = head(of_x);                                                 // (1), (2)
      const Tensor z = t < kept ? step.drawn(q, rng) : p.sample(rng, {x.dim(0)});  // (6)
      h = decoder(z, h);                                                           // (7)
      c = c + brush.write(h);                                                      // (8)
      d.levels.push_back({q, p, z});
      d.canvas.push_back(c);
    }
    return d;
  }
  Tensor log_lik(const Drawing& d, const Tensor& x) const {
    return step.painted(prob::Bernoulli(d.canvas.back(), 1), x);
  }

  /// (9) to (12): a group of the KL for each step.
  vae::ElboTerms elbo(const Tensor& x, Rng& rng) {
    const Drawing d = draw(x, rng, sizes.steps);
    return step.bound(d.levels, log_lik(d, x));
  }
  Tensor log_weights(const Tensor& x, Rng& rng) {
    const Drawing d = draw(x, rng, sizes.steps);
    return vae::log_weight(d.levels, log_lik(d, x));
  }

  const CanvasSizes sizes;
  nn::Child<Brush> brush;
  nn::Child<nn::Gru> encoder;
  nn::Child<vae::NormalHead> head;
  nn::Child<nn::Gru> decoder;
  const CanvasSteps step;
};

}  // namespace concepts
