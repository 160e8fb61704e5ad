#pragma once

#include <memory>

#include "concepts/decoders/semi_supervised_runs.hpp"
#include "vae/models/mlp.hpp"

// What few labels teach without M2.

namespace concepts {

/// The images' labels as numbers, i32 [n].
inline Tensor numbers(const Labelled& l) { return argmax(l.y, -1); }

/// What the labelled images alone teach a network of the same size.
inline double labels_alone(const Classes& classes, const Labelled& l, const LabelTraining& how) {
  const vae::ProbeOptions options{
      .hidden = how.hidden.front(), .steps = 300, .rate = 1e-3, .seed = how.seed};
  return classes.found(*vae::train_probe(l.x, numbers(l), 10, options));
}

/// M1: a VAE of all images, which sees no label.
inline std::unique_ptr<vae::MlpVae> train_m1(const nn::ImageDataset& data, int epochs,
                                             const LabelTraining& how) {
  auto model = std::make_unique<vae::MlpVae>(vae::VaeConfig{
      .hidden = how.hidden, .latent = how.latent, .activation = Activation::softplus});
  nn::init::torch_default(*model, Rng(how.seed).stream("init"));
  support::train(*model, vae::bound_of(*model), data,
                 {epochs, how.batch, 1e-3, how.seed, support::kConstantRate});
  return model;
}
/// ... and a classifier of its codes.
inline double by_codes(vae::MlpVae& m1, const Classes& classes, const Labelled& l,
                       const LabelTraining& how) {
  const auto code = [&](const Tensor& x) { return m1.encode(x).loc.detach(); };
  const vae::ProbeOptions options{.steps = 300, .rate = 3e-3, .seed = how.seed};
  const auto probe = vae::train_probe(code(l.x), numbers(l), 10, options);
  return vae::probe_accuracy(*probe, code(classes.test.images), classes.test.labels);
}

}  // namespace concepts
