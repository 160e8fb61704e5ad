#pragma once

#include <functional>
#include <memory>

#include "nn/data/batch.hpp"
#include "nn/module.hpp"
#include "vae/models/latent_model.hpp"

namespace tapestry::vae {

/// Any system behind one type, for what chooses it at run time: command line, evaluation, pictures. Nothing
/// derives from it; `any_vae` makes one of a model. A function that the system has no answer to is empty.
struct AnyVae {
  std::shared_ptr<nn::Module> module;

  /// What a training step maximises on a batch, and its bound of log p(x).
  std::function<Objective(const nn::Batch&, Rng&, const BoundOptions&)> objective;
  /// log w [K, B]; see log_weights.hpp.
  std::function<Tensor(const nn::Batch&, Rng&, int samples)> log_weights = {};
  std::function<Tensor(const Tensor& x, Rng&)> reconstruct = {};  ///< pictures [B, D]
  std::function<Tensor(std::int64_t n, Rng&)> generate = {};      ///< pictures [n, D]
  std::function<Tensor(const Tensor& x)> code =
      {};  ///< the mean of q(z|x), [B, Z]; a flow has none
  std::function<Tensor(const Tensor& z)> picture = {};  ///< the mean of p(x|z), [B, D]
};

/// The box of a model: a LatentModel, or a module with a member `objective(batch, rng)`, or
/// `elbo(x, rng)`, and as many of log_weights(x, rng, samples), reconstruct(x, rng), generate(n, rng) as
/// it has. A member goes before the free function of that name.
template <class M>
AnyVae any_vae(std::shared_ptr<M> model) {
  using R = Rng&;
  AnyVae any{.module = model, .objective = {}};
  any.objective = [model](const nn::Batch& b, R rng, const BoundOptions& options) -> Objective {
    if constexpr (requires { model->objective(b, rng); }) {
      return model->objective(b, rng);
    } else if constexpr (requires { model->elbo(b.images, rng); }) {
      ElboTerms terms = model->elbo(b.images, rng);
      terms.beta *= options.beta;
      return terms;
    } else {
      return elbo(*model, b.images, rng, options);
    }
  };
  if constexpr (requires(const Tensor& x, R rng) { model->log_weights(x, rng, 1); }) {
    any.log_weights = [model](const nn::Batch& b, R rng, int samples) {
      return model->log_weights(b.images, rng, samples);
    };
  } else if constexpr (LatentModel<M>) {
    any.log_weights = [model](const nn::Batch& b, R rng, int samples) {
      return log_weights(*model, b.images, rng, samples);
    };
  }
  if constexpr (requires(const Tensor& x, R rng) { model->reconstruct(x, rng); }) {
    any.reconstruct = [model](const Tensor& x, R rng) { return model->reconstruct(x, rng); };
  } else if constexpr (LatentModel<M>) {
    any.reconstruct = [model](const Tensor& x, R rng) { return reconstruct(*model, x, rng); };
  }
  if constexpr (requires(R rng) { model->generate(1, rng); }) {
    any.generate = [model](std::int64_t n, R rng) { return model->generate(n, rng); };
  } else if constexpr (LatentModel<M>) {
    any.generate = [model](std::int64_t n, R rng) { return generate(*model, n, rng); };
  }
  if constexpr (requires(const Tensor& x) { model->encode(x).mean(); }) {
    any.code = [model](const Tensor& x) {
      const NoGrad no_grad;
      return model->encode(x).mean();
    };
  }
  if constexpr (LatentModel<M>) {
    any.picture = [model](const Tensor& z) {
      const NoGrad no_grad;
      return model->decode(z).mean();
    };
  }
  return any;
}

}  // namespace tapestry::vae
