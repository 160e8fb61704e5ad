#pragma once

#include <memory>

#include "autograd/ops.hpp"
#include "nn/data/batcher.hpp"
#include "nn/init.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "vae/bounds/total_correlation.hpp"
#include "vae/models/mlp.hpp"

/// The model of tc_vae.cpp (C80, C77), which begins with its equations.
namespace tapestry::concepts {

constexpr std::int64_t kLatents = 5;

/// The objective of each x, where the KL is known by its parts.
inline Tensor objective(const Tensor& log_lik, const vae::KlSplit& kl, double beta) {
  return log_lik - kl.sum() - (beta - 1) * kl.total_correlation;
}

/// log of the weight of each row in a minibatch's q(z), of N data.
inline Tensor row_weights(std::int64_t batch, std::int64_t data) {
  return vae::stratified_rows(batch, data);
}

/// The two steps that a wrong version may replace.
struct Method {
  decltype(&objective) of_parts = objective;
  decltype(&row_weights) weights = row_weights;

  vae::KlSplit split(const prob::Normal& q, const Tensor& z, std::int64_t data) const {
    return vae::split_kl(q, z, weights(q.shape()[0], data));
  }
  /// The mean over the minibatch x.
  Tensor estimate(vae::MlpVae& model, const Tensor& x, double beta, std::int64_t data,
                  Rng& rng) const {
    const prob::Normal q = model.encode(x);
    const Tensor z = q.rsample(rng);
    return mean(of_parts(model.decode(z).log_prob(x), split(q, z, data), beta));
  }
};

inline std::unique_ptr<vae::MlpVae> network(const nn::ByteImages& images, Rng start) {
  auto model = std::make_unique<vae::MlpVae>(vae::VaeConfig{
      .rows = images.rows, .cols = images.cols, .hidden = {256}, .latent = kLatents});
  nn::init::torch_default(*model, start);
  return model;
}

/// Adam on minibatches of N data, with a rate that falls to 0.
inline void train(const Method& by, vae::MlpVae& model, nn::Batcher& batches, std::int64_t data,
                  double beta, int steps, Rng& noise) {
  nn::Adam adam(model.parameters(), {.lr = 2e-3});
  for (int step = 0; step < steps; ++step) {
    const nn::Batch batch = batches.next();
    adam.set_lr(2e-3 * (1 - static_cast<double>(step) / steps));
    nn::descend(adam, [&] { return -by.estimate(model, batch.images, beta, data, noise); });
  }
}

}  // namespace tapestry::concepts
