#pragma once

#include <cmath>

#include "concepts/tables/deep_markov.hpp"
#include "nn/init.hpp"
#include "vae/exact/chain.hpp"

// What a deep Markov model says of states: those to come, and those that noisy frames came from.

namespace concepts {

/// The `steps` states after z [B, K], drawn one from the other.
template <class Output>
std::vector<Tensor> states_after(DeepMarkov<Output>& model, Tensor z, int steps, Rng& rng) {
  const NoGrad no_grad;
  std::vector<Tensor> states;
  for (int t = 0; t < steps; ++t) states.push_back(z = model.transition(z).sample(rng));
  return states;
}

/// x [n, T, D], states and frames drawn from the model.
template <class Output>
Tensor generate(DeepMarkov<Output>& model, std::int64_t n, int steps, Rng& rng) {
  const NoGrad no_grad;
  std::vector<Tensor> x;
  const Tensor start = model.first(n).sample(rng);
  x.push_back(model.emission(start).sample(rng));
  for (const Tensor& z : states_after(model, start, steps - 1, rng))
    x.push_back(model.emission(z).sample(rng));
  return stack(x, 1);
}

/// E[mean of p(x_t|z_t)] of each frame of x [B, T, D] under q, from `draws` draws.
template <class Output>
Tensor without_noise(DeepMarkov<Output>& model, const Tensor& x, int draws, Rng& rng) {
  const NoGrad no_grad;
  Tensor all = zeros(x.shape());
  for (int k = 0; k < draws; ++k) {
    std::vector<Tensor> means;
    for (const auto& state : model.infer(x, rng)) means.push_back(model.emission(state.z).mean());
    all += stack(means, 1) / static_cast<double>(draws);
  }
  return all;
}

/// Closes the gate and gives the model the numbers of a chain with as many states, whose motion and start are diagonal.
inline void become(DeepMarkov<KnownNoise>& model, const vae::exact::Chain& chain) {
  GatedTransition& step = model.transition;
  const Tensor scale = sqrt(sum(chain.motion_cov * eye(chain.states()), -1));
  nn::init::zeros(step.gate[1].weight), nn::init::constant(step.gate[1].bias, -60);
  step.straight.weight.set_value(chain.transition - eye(chain.states()));
  nn::init::zeros(step.straight.bias), nn::init::zeros(step.scale.weight);
  step.scale.bias.set_value(log(expm1(scale - 1e-3)));
  model.emission.loc.weight.set_value(chain.emission), nn::init::zeros(model.emission.loc.bias);
}

/// log p(x, z) [B] of frames x [B, T, D] and states z [B, T, K].
template <class Output>
Tensor log_joint(DeepMarkov<Output>& model, const Tensor& x, const Tensor& z) {
  const std::vector<Tensor> states = frames(z), seen = frames(x);
  Tensor log_p = model.first(x.dim(0)).log_prob(states[0]);
  for (std::size_t t = 0; t < seen.size(); ++t) {
    if (t > 0) log_p += model.transition(states[t - 1]).log_prob(states[t]);
    log_p += model.emission(states[t]).log_prob(seen[t]);
  }
  return log_p;
}

inline double error_of(const Tensor& guess, const Tensor& x) {
  return std::sqrt(mean(square(guess - x)).item());
}

/// Mean over the steps of Cov(x_t, x_{t+1}) of sequences x [B, T, D] of mean 0.
inline double covariance_of_neighbours(const Tensor& x) {
  const std::int64_t T = x.dim(1);
  return mean(slice(x, 1, 0, T - 1) * slice(x, 1, 1, T)).item();
}

}  // namespace concepts
