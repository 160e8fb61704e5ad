#pragma once

#include "concepts/hierarchies/canvas_measures.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train_images.hpp"
#include "vae/vae.hpp"

// Canvases and VAEs that learn the same images for as long.

namespace concepts {

inline void train(const support::Concept& c, nn::Module& model, const vae::Play& play,
                  const nn::ImageDataset& data, const std::string& name, support::Record& r) {
  const support::TrainImages how{
      .epochs = c.choose(3, 10), .batch = c.choose(50, 25), .lr = c.choose(3e-3, 5e-3)};
  support::train_images(c, name, model, play, data, how, r);
}

inline void note(const Kept& kept, const std::string& name, support::Record& r) {
  for (std::size_t t = 0; t < kept.nats.size(); ++t) r.add(name, kept.nats[t], kept.error[t]);
}

/// The curve `name` is the error of the images x over the nats that are kept.
template <class Brush>
std::unique_ptr<Canvas<Brush>> train_canvas(const support::Concept& c, const CanvasSteps& steps,
                                            const nn::ImageDataset& data, const Tensor& x,
                                            const std::string& name, support::Record& r) {
  const CanvasSizes sizes{
      .steps = c.choose(8, 4), .state = c.choose(160, 48), .latents = c.choose(10, 4)};
  auto model = std::make_unique<Canvas<Brush>>(sizes, steps);
  const auto play = [&](const nn::Batch& b, Rng& rng) { return model->elbo(b.images, rng); };
  train(c, *model, play, data, name, r);
  note(keep_steps(*model, x, c.rng("kept")), name, r);
  return model;
}

/// VAEs of one hidden layer, trained for many nats and, with a larger weight of the KL, for fewer.
inline void train_vaes(const support::Concept& c, const nn::ImageDataset& data, const Tensor& x,
                       support::Record& r) {
  for (const double beta : {1.0, 2.0, 4.0}) {
    vae::MlpVae model({.hidden = {c.choose(400, 100)}, .latent = c.choose(20, 10)});
    train(c, model, vae::bound_of(model, {.beta = beta}), data, fmt::format("VAE, beta {}", beta),
          r);
    const Kept kept = keep_latents(model, x, c.rng("kept"));
    if (beta == 1) note(kept, "VAE, best latents", r);
    r.add("VAEs of fewer nats", kept.nats.back(), kept.error.back());
  }
}

/// The error at so many nats, between two points of a curve.
inline double error_at(const support::Record::Curve& kept, double nats) {
  std::size_t i = 1;
  while (i + 1 < kept.x.size() && kept.x[i] < nats) ++i;
  const double part = (nats - kept.x[i - 1]) / (kept.x[i] - kept.x[i - 1]);
  return kept.y[i - 1] + part * (kept.y[i] - kept.y[i - 1]);
}

}  // namespace concepts
