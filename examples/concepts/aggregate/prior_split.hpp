#pragma once

#include <algorithm>

#include "concepts/aggregate/elbo_surgery.hpp"
#include "nn/data/image_dataset.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/train.hpp"

// What a VAE pays for its codes under a prior of any kind: shared by the programs that replace N(0, I).

namespace concepts {

using namespace tapestry;

/// Of a trained VAE: the bound of the test images, and what the KL of the training images is made of.
struct PriorSplit {
  double neg_elbo;
  double information;  ///< I(n; z)
  double marginal_kl;  ///< KL(q(z) || p(z))
  std::int64_t active;
  prob::Normal q;  ///< of the training images, f64
};

/// Trains a model whose encoder is that of `codes`, from the parameters that it has.
template <vae::LatentModel Model>
PriorSplit train_and_split(const support::Concept& c, Model& model, vae::MlpVae& codes,
                           const nn::ImageDataset& data, int epochs) {
  const vae::Means test =
      support::train(model, vae::bound_of(model), data,
                     {epochs, c.choose(200, 50), c.choose(2e-3, 3e-3), c.seed()});
  const std::int64_t active =
      vae::evaluate_active_units(model, vae::code_of(model), data, nn::Part::test, c.rng("active"));
  const NoGrad no_grad;
  Rng rng = c.rng("draws");
  const prob::Normal q = encode_all(codes, data, nn::Part::train);
  const auto [z, of_row] = vae::aggregate_sample(q, c.choose(1000, 400), rng);
  const Tensor log_q = vae::aggregate_log_prob(q, z);
  const Tensor log_p = model.prior().log_prob(z.to(DType::f32)).to(DType::f64);
  return {test.neg_elbo(), mean(of_row - log_q).item(), mean(log_q - log_p).item(), active, q};
}

/// The share of points z [M, Z] in holes of q(z) of the first `rows` data, by 8 latents at most (C121 has as many).
inline double in_holes(const prob::Normal& q, std::int64_t rows, const Tensor& z, Rng& rng) {
  const std::int64_t K = std::min<std::int64_t>(8, z.dim(1));
  const auto cut = [&](const Tensor& t) { return slice(slice(t, 0, 0, rows), 1, 0, K); };
  return vae::hole_share({cut(q.loc), cut(q.scale), 1}, slice(z, 1, 0, K), rng);
}

/// The points of a square grid, [nodes^2, 2]: `step` apart, and as far to each side of 0.
inline Tensor square_grid(std::int64_t nodes, double step) {
  const Tensor node = step * (arange(nodes) - 0.5 * static_cast<double>(nodes - 1));
  const Tensor one = ones({nodes, nodes});
  return stack({reshape(reshape(node, {nodes, 1}) * one, {-1}), reshape(node * one, {-1})}, 1);
}

}  // namespace concepts
