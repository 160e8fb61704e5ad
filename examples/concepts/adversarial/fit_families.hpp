#pragma once

#include "concepts/adversarial/model_families.hpp"
#include "concepts/adversarial/train_players.hpp"

// How each of the five families learns points x [N, 2]: by likelihood where there is one.

namespace concepts {

inline void fit(const support::Concept& c, NormalParts& mixture, const Tensor& x, int /*epochs*/) {
  const std::int64_t K = 30;
  mixture.p = {zeros({K}), prob::Normal(slice(x, 0, 0, K), 0.3 * ones({K, 2}), 1)};
  for (int step = 0; step < c.choose(200, 50); ++step) mixture.em_step(x);
}

/// Maximum likelihood.
void fit_by_likelihood(const support::Concept& c, auto& model, const Tensor& x, int epochs) {
  nn::Adam adam(model.parameters(), {.lr = 5e-3});
  const auto likelihood = [&](const nn::Batch& b, Rng&) {
    const Tensor log_p = model.log_prob(b.images);
    return vae::Objective{.value = log_p, .bound = log_p};
  };
  train_players(c, nn::TensorDataset({x}), {{"model", model, adam, likelihood}}, epochs, 200);
}
inline void fit(const support::Concept& c, Autoregressive& model, const Tensor& x, int epochs) {
  fit_by_likelihood(c, model, x, epochs);
}
inline void fit(const support::Concept& c, Coupling& model, const Tensor& x, int epochs) {
  fit_by_likelihood(c, model, x, epochs);
}

inline void fit(const support::Concept& c, PlaneVae& model, const Tensor& x, int epochs) {
  nn::Adam adam(model.parameters(), {.lr = 5e-3});
  train_players(c, nn::TensorDataset({x}), {vae::vae_player(model, adam)}, 2 * epochs, 200);
}

/// The game: a critic D tells points of the data from points of G, and G climbs log D(G(z)).
inline void fit(const support::Concept& c, Generator& gan, const Tensor& x, int epochs) {
  nn::Mlp D({2, 128, 128, 1}, Activation::relu, Activation::none);
  nn::Adam adam(gan.parameters(), {.lr = 3e-4, .beta1 = 0}),
      critic_adam(D.parameters(), {.lr = 1e-3, .beta1 = 0});
  const auto logit = [&D](const Tensor& points) { return reshape(D(points), {-1}); };
  const auto deceive = [&](const nn::Batch& b, Rng& rng) {
    return vae::Objective{.value = vae::passed_for_real(logit(gan.sample(rng, b.images.dim(0))))};
  };
  const auto judge = [&](const nn::Batch& b, Rng& rng) {
    const Tensor made = gan.sample(rng, b.images.dim(0)).detach();
    return vae::Objective{.value = vae::told_apart(logit(b.images), logit(made))};
  };
  train_players(c, nn::TensorDataset({x}),
                {{"gan", gan, adam, deceive}, {"critic", D, critic_adam, judge}}, 2 * epochs, 200);
}

/// The five; a mutant has another class for one of them.
template <class Flow, class Vae, class Gan>
struct Families {
  NormalParts mixture{{zeros({1}), prob::Normal(zeros({1, 2}), 1.0, 1)}};
  Autoregressive autoregressive;
  Flow flow;
  Vae vae;
  Gan gan;

  void each(const auto& f) {
    f("mixture", mixture), f("autoregressive", autoregressive), f("flow", flow);
    f("VAE", vae), f("GAN", gan);
  }
};

}  // namespace concepts
