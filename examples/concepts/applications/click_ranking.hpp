#pragma once

#include "autograd/ops.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"
#include "nn/optim/schedule.hpp"
#include "vae/models/click_vae.hpp"
#include "vae/models/latent_model.hpp"

/// The model of click_ranking.cpp (C83), which begins with its equations.
namespace tapestry::concepts {

constexpr std::int64_t kList = 100;

/// Minibatches of users, with a weight of the KL that grows from 0 over half of the epochs.
inline void train(vae::ClickVae& model, const Tensor& clicks, int epochs, Rng rng, double weight) {
  const std::int64_t users = clicks.dim(0), batch = 250, steps = epochs * (users / batch);
  const nn::Schedule beta = nn::schedule::warm_up(steps / 2, nn::schedule::constant(weight));
  const nn::Schedule rate = nn::schedule::cosine(3e-3, steps);
  nn::Adam adam(model.parameters());
  Tensor shuffled;
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t first = step * batch % users;
    if (first == 0) shuffled = take_rows(clicks, index_tensor(rng.permutation(users), {users}));
    adam.set_lr(rate(step));
    const Tensor users_now = slice(shuffled, 0, first, first + batch);
    nn::descend(adam,
                [&] { return vae::elbo(model, users_now, rng, {.beta = beta(step)}).loss(); });
  }
  model.eval();
}

/// The share of each item in all clicks, after one click more for each: none is 0.
inline Tensor popularity(const Tensor& clicks) {
  const auto users = static_cast<double>(clicks.dim(0));
  return (sum(clicks, 0) + 1.0) / sum(clicks + 1.0 / users);
}

}  // namespace tapestry::concepts
