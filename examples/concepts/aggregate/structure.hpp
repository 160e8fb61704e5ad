#pragma once

#include <algorithm>

#include "concepts/aggregate/holes.hpp"
#include "nn/data/image_dataset.hpp"
#include "nn/init.hpp"
#include "support/concept/train.hpp"
#include "vae/models/mlp.hpp"

// What holes.cpp compares: the first latents, z_1, of a VAE and of a CP-VAE.

namespace concepts {

using namespace tapestry;

/// Draws of the structure z_1 of a model, and its q(z_1) of the training images.
struct Structure {
  prob::Normal q;        // f64
  Tensor drawn, on_way;  // what would be decoded; halfway between two test images
  double error;          // test -ELBO
};

/// The rows of `part`, and the first `latents` columns of their q, in f64.
template <class Model>
prob::Normal codes(Model& model, const nn::ImageDataset& data, nn::Part part,
                   std::int64_t latents) {
  const NoGrad no_grad;
  const std::int64_t rows = std::min<std::int64_t>(10000, data.size(part));
  const prob::Normal q = model.encode(data.range(part, 0, rows, Rng(1)).images);
  const auto cut = [&](const Tensor& t) { return slice(t, 1, 0, latents).to(DType::f64); };
  return {cut(q.loc), cut(q.scale), 1};
}

inline Tensor halfway(const prob::Normal& q) {
  const std::int64_t n = q.shape()[0] / 2;
  return 0.5 * (slice(q.loc, 0, 0, n) + slice(q.loc, 0, n, 2 * n));
}

/// A VAE with the KL weighed by beta. Draws of the prior.
inline Structure of_beta_vae(const nn::ImageDataset& data, const SimplexSizes& s, double beta,
                             const support::Training& how, const Rng& rng) {
  vae::MlpVae model({.hidden = {s.hidden}, .latent = s.structure + s.style});
  nn::init::torch_default(model, rng.stream("init"));
  const double error =
      support::train(model, vae::bound_of(model, {.beta = beta}), data, how).neg_elbo();
  const prob::Normal q = codes(model, data, nn::Part::train, s.structure);
  Rng draws = rng.stream("draws");
  return {q, draws.normal({q.shape()[0], s.structure}).to(DType::f64),
          halfway(codes(model, data, nn::Part::test, s.structure)), error};
}

/// A CP-VAE. Draws of the simplex, with the noise of q.
inline Structure of_simplex(const nn::ImageDataset& data, SimplexVae& model,
                            const support::Training& how, const Rng& rng) {
  nn::init::torch_default(model, rng.stream("init"));
  const auto play = [&](const nn::Batch& batch, Rng& noise) { return model.play(batch, noise); };
  const double error = support::train(model, play, data, how).neg_elbo();
  const prob::Normal q = codes(model, data, nn::Part::train, model.sizes.structure);
  Rng draws = rng.stream("draws");
  const Tensor e = -log(draws.uniform({q.shape()[0], model.sizes.vertices}));
  const NoGrad no_grad;
  const Tensor mu = matmul(e / sum(e, -1, true), model.vertices);  // even over the simplex
  return {q, mu.to(DType::f64) + q.scale * draws.normal(q.shape()).to(DType::f64),
          halfway(codes(model, data, nn::Part::test, model.sizes.structure)), error};
}

}  // namespace concepts
