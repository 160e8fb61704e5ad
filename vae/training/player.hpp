#pragma once

#include <functional>
#include <string>
#include <utility>

#include "nn/data/batch.hpp"
#include "nn/optim/optimizer.hpp"
#include "nn/optim/schedule.hpp"
#include "vae/models/any_vae.hpp"

namespace tapestry::vae {

/// The objective of a system on a batch. `batch.step` counts the steps of the run: what changes with time, such
/// as the weight of a KL, is a function of it.
using Play = std::function<Objective(const nn::Batch&, Rng&)>;

/// One who takes a turn in each training step: an objective, and the optimizer that climbs it. A VAE is one
/// player; a system with an adversary has two, of which the first has the bound.
///
///     Trainer({{"vae", model, adam, vae}, {"critic", critic, critic_adam, judge}}, data, options).run();
struct Player {
  std::string name;
  nn::Module& model;  ///< whose state belongs to a checkpoint
  nn::Optimizer& optimizer;
  Play play;
  nn::Schedule rate = {};  ///< learning rate by step; empty = the optimizer's own
  /// The means of q(z|x), [B, Z], whose active latents the first player's log counts; empty = no count.
  std::function<Tensor(const nn::Batch&)> code = {};
  /// Numbers of the vectors of a codebook, i32 [B, P], whose perplexity it has; empty = none.
  std::function<Tensor(const nn::Batch&)> codes = {};
  /// Called after each of its steps: puts parameters back into the set that they belong to, as
  /// nn::clip_weights does; empty = nothing.
  std::function<void()> after_step = {};
};

/// The options at a step of the run: `beta`, by step, multiplies the weight of the KL; empty = 1.
inline BoundOptions at_step(BoundOptions options, const nn::Schedule& beta, std::int64_t step) {
  if (beta) options.beta *= beta(step);
  return options;
}

/// The bound of a model as an objective; see at_step for `beta`.
template <LatentModel M>
Play bound_of(M& model, BoundOptions options = {}, nn::Schedule beta = {}) {
  return [&model, options, beta = std::move(beta)](const nn::Batch& batch, Rng& rng) -> Objective {
    return elbo(model, batch.images, rng, at_step(options, beta, batch.step));
  };
}
inline Play bound_of(const AnyVae& model, BoundOptions options = {}, nn::Schedule beta = {}) {
  return [model, options, beta = std::move(beta)](const nn::Batch& batch, Rng& rng) {
    return model.objective(batch, rng, at_step(options, beta, batch.step));
  };
}

/// The means of q(z|x) as Player::code; empty if q has none in closed form.
template <LatentModel M>
std::function<Tensor(const nn::Batch&)> code_of(M& model) {
  if constexpr (requires(const Tensor& x) { model.encode(x).mean(); })
    return [&model](const nn::Batch& batch) { return model.encode(batch.images).mean(); };
  return {};
}

/// The one player of a VAE.
template <LatentModel M>
Player vae_player(M& model, nn::Optimizer& optimizer, const BoundOptions& options = {},
                  nn::Schedule rate = {}, nn::Schedule beta = {}) {
  return {"vae",           model,         optimizer, bound_of(model, options, std::move(beta)),
          std::move(rate), code_of(model)};
}
inline Player vae_player(const AnyVae& model, nn::Optimizer& optimizer,
                         const BoundOptions& options = {}, nn::Schedule rate = {},
                         nn::Schedule beta = {}) {
  return {"vae",           *model.module, optimizer,  bound_of(model, options, std::move(beta)),
          std::move(rate), model.code,    model.codes};
}

}  // namespace tapestry::vae
