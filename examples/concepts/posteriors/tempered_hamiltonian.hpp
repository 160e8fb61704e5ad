#pragma once

#include <functional>

#include "concepts/posteriors/hamiltonian_posterior.hpp"
#include "nn/layers/mlp.hpp"
#include "prob/bernoulli.hpp"
#include "prob/standard_normal.hpp"
#include "vae/inference/explicit_gradient.hpp"
#include "vae/models/heads.hpp"

// The Hamiltonian VAE (Caterini, Doucet and Sejdinovic 2018, algorithm 1). No reverse model: z and its momentum together are
// one flow, whose target is p(x, z) N(rho; 0, I). A particle starts hot, with more momentum than the target has, and is cooled:
//
//     gamma ~ N(0, I),   rho_0 = gamma / sqrt(beta_0),   after step k   rho <- rho sqrt(beta_{k-1} / beta_k),   beta_K = 1
//
// Leapfrog steps keep volume, and the coolings shrink it by beta_0^(Z/2) in all, which is what the wider rho_0 gains:
//
//     log q(z_K, rho_K|x) = log q_0(z_0|x) + log N(gamma; 0, I)

namespace concepts {

/// 1 / sqrt(beta_k), from the first one down to 1 (section 3.3: quadratic in k).
inline Tensor heat(const Tensor& first, int k, int steps) {
  const double way = static_cast<double>(k * k) / (steps * steps);
  return first + way * (1.0 - first);
}

/// `steps` leapfrog steps of unit mass, a cooling after each. `first` is 1 / sqrt(beta_0).
inline Phase cooled(const Slope& slope, Phase at, const Tensor& size, const Tensor& first,
                    int steps) {
  for (int k = 1; k <= steps; ++k) {
    at = leapfrog(slope, at, size, ones({}, size.dtype()), 1);
    at.v = at.v * (heat(first, k, steps) / heat(first, k - 1, steps));
  }
  return at;
}

struct TemperedPosterior {
  static constexpr const char* kName = "TemperedPosterior";

  Normal start;  ///< q_0(z|x)
  Slope slope;   ///< of log p(x, z) by z
  Tensor size;   ///< of a leapfrog step, [Z]
  Tensor first;  ///< 1 / sqrt(beta_0), [], 1 or more
  int steps = 1;
  double volume = 0;  ///< wrong versions: weight of log beta_0^(Z/2), which is counted already

  /// z_0 and gamma to z_K, and what the bound subtracts: log q(z_K, rho_K|x) - log N(rho_K; 0, I).
  prob::SampledLatent moved(const Tensor& z, const Tensor& gamma) const {
    const prob::StandardNormal momentum({z.dim(-1)}, 1, z.dtype());
    const Tensor log_q = start.log_prob(z) + momentum.log_prob(gamma);
    if (steps == 0) return {z, start.log_prob(z)};
    const Phase to = cooled(slope, {z, gamma * first}, size, first, steps);
    const Tensor extra = -volume * static_cast<double>(z.dim(-1)) * log(first);
    return {to.z, log_q - momentum.log_prob(to.v) + extra};
  }
  prob::SampledLatent rsample_and_log_prob(Rng& rng, const Shape& shape = {}) const {
    const Tensor z = start.rsample(rng, shape);
    return moved(z, rng.normal(z.shape(), z.dtype()));
  }
  Tensor sample(Rng& rng, const Shape& shape = {}) const {
    const NoGrad no_grad;
    return rsample_and_log_prob(rng, shape).z;
  }
};

struct TemperedVae : nn::Module {
  TemperedVae(std::int64_t image, std::int64_t hidden, std::int64_t latents, int of_steps,
              double counted = 0)
      : steps(of_steps),
        volume(counted),
        trunk(*this, "trunk", {image, hidden}, Activation::tanh),
        start(*this, "start", hidden, latents),
        pixels(*this, "pixels", {latents, hidden, image}, Activation::tanh, Activation::none),
        log_size(*this, "log_size", {latents}, -2.5),
        warmth(*this, "warmth", {}, -2.0) {
    log_size.set_trainable(steps > 0), warmth.set_trainable(steps > 0);
  }

  TemperedPosterior encode(const Tensor& x) {
    return {start(trunk(x)),
            [=, this](const Tensor& z) { return vae::explicit_gradient(pixels, x, z); },
            exp(log_size),
            1.0 + softplus(warmth),
            steps,
            volume};
  }
  prob::StandardNormal prior() { return prob::StandardNormal({log_size.value().dim(0)}, 1); }
  prob::Bernoulli decode(const Tensor& z) { return prob::Bernoulli(pixels(z), 1); }

  const int steps;
  const double volume;
  nn::Child<nn::Mlp> trunk;
  nn::Child<vae::NormalHead> start;
  nn::Child<nn::Mlp> pixels;
  nn::Param log_size, warmth;
};

}  // namespace concepts
