#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/parameter.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "prob/kl.hpp"
#include "vae/exact/ppca.hpp"

/// The model of aevb_linear.cpp (C50), which begins with its equations.
namespace tapestry::concepts {

constexpr std::int64_t kOutputs = 10, kLatents = 3, kBatch = 100;

struct LinearVae {
  Parameter weight, mean, log_sigma;  // decoder: W [D, K], m [D], log sigma
  Parameter encoder, log_s;           // A [D, K], log s [K]

  explicit LinearVae(Rng rng)
      : weight("W", 0.1 * rng.normal({kOutputs, kLatents})),
        mean("m", zeros({kOutputs})),
        log_sigma("log_sigma", tensor(0.0)),
        encoder("A", 0.1 * rng.normal({kOutputs, kLatents})),
        log_s("log_s", zeros({kLatents})) {}

  prob::Normal encode(const Tensor& x) { return {matmul(x - mean, encoder), exp(log_s), 1}; }
  prob::Normal decode(const Tensor& z) {
    return {matmul(z, weight, {.transpose_right = true}) + mean, exp(log_sigma), 1};
  }
  vae::exact::Ppca model() const {
    return {.weight = weight.value(), .mean = mean.value(), .sigma = exp(log_sigma.value())};
  }
};

inline Tensor kl_to_prior(const prob::Normal& q) {
  return prob::kl(q, prob::StandardNormal(q.shape(), 1));
}

/// Estimator B with one sample: the mean over the minibatch x [B, D].
inline Tensor elbo_estimate(LinearVae& vae, const Tensor& x, Rng& rng) {
  const prob::Normal q = vae.encode(x);
  const Tensor z = q.rsample(rng);
  return mean(vae.decode(z).log_prob(x) - kl_to_prior(q));
}
using Elbo = decltype(&elbo_estimate);

inline Tensor draw_minibatch(const Tensor& x, Rng& rng) {
  std::vector<std::int32_t> rows(kBatch);
  for (std::int32_t& row : rows) row = static_cast<std::int32_t>(rng.below(x.dim(0)));
  return take_rows(x, index_tensor(rows, {kBatch}));
}

/// Algorithm 1 of AEVB, with Adam for its steps; `visit` sees the number of each step.
inline void train(LinearVae& vae, Elbo elbo, const Tensor& x, std::int64_t steps, Rng batches,
                  Rng noise, const std::function<void(std::int64_t)>& visit) {
  nn::Adam adam({&vae.weight, &vae.mean, &vae.log_sigma, &vae.encoder, &vae.log_s}, {});
  for (std::int64_t step = 0; step < steps; ++step) {
    adam.set_lr(0.03 * std::pow(1e-3, static_cast<double>(step) / static_cast<double>(steps)));
    const Tensor batch = draw_minibatch(x, batches);  // 1. M = 100 images
    // 2. KL and reconstruction, L = 1. 3. The loss is minus the ELBO.
    nn::descend(adam, [&] { return -elbo(vae, batch, noise); });
    visit(step);
  }
}

}  // namespace tapestry::concepts
