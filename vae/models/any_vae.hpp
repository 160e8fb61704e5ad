#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <memory>

#include "nn/data/batch.hpp"
#include "nn/module.hpp"
#include "prob/standard_normal.hpp"
#include "vae/models/latent_model.hpp"

namespace tapestry::vae {

/// Pictures that show what one system is about, for a grid of so many columns.
struct Sheet {
  std::string name;
  Tensor images;  ///< [..., D], row by row of the grid
  std::int64_t columns = 0;
};

/// The first `most` rows, or all if there are fewer.
inline Tensor first_rows(const Tensor& t, std::int64_t most) {
  return slice(t, 0, 0, std::min(most, t.dim(0)));
}

/// Any system behind one type, for what chooses it at run time: command line, evaluation, pictures. Nothing
/// derives from it; `any_vae` makes one of a model. A function that the system has no answer to is empty.
struct AnyVae {
  std::shared_ptr<nn::Module> module;

  /// What a training step maximises on a batch, and its bound of log p(x).
  std::function<Objective(const nn::Batch&, Rng&, const BoundOptions&)> objective;
  /// log w [K, B]; see log_weights.hpp.
  std::function<Tensor(const nn::Batch&, Rng&, int samples)> log_weights = {};
  std::function<Tensor(const nn::Batch&, Rng&)> reconstruct = {};  ///< pictures [B, D]
  std::function<Tensor(std::int64_t n, Rng&)> generate = {};       ///< pictures [n, D]
  /// Pictures [n, D] of classes, i32 [n].
  std::function<Tensor(const Tensor& labels, Rng&)> generate_given = {};
  std::function<std::vector<Sheet>(const nn::Batch&, Rng&)> sheets = {};
  std::function<Tensor(const nn::Batch&)> code =
      {};  ///< the mean of q(z|x), [B, Z]; a flow has none
  /// q(z|x), [B, Z], of a model whose q is a diagonal normal and whose prior is N(0, I).
  std::function<prob::Normal(const nn::Batch&)> posterior = {};
  std::function<Tensor(const Tensor& z)> picture = {};  ///< the mean of p(x|z), [B, D]
  std::function<Tensor(const nn::Batch&)> codes = {};   ///< of a codebook, i32 [B, P]
};

namespace detail {

// The model itself, or what it is given the labels of a batch.
template <class M>
decltype(auto) told(M& model, const nn::Batch& batch) {
  if constexpr (requires { model.given_labels(batch.labels); })
    return model.given_labels(batch.labels);
  else
    return (model);
}

// The mean; a draw of a distribution that does not know it.
template <class P>
Tensor picture_of(const P& p, Rng& rng) {
  if constexpr (requires { p.mean(); })
    return p.mean();
  else
    return p.sample(rng);
}

}  // namespace detail

/// The box of a model: a LatentModel, or one with `given_labels(labels)`, which returns a LatentModel; or a module
/// with a member `objective(batch, rng)`, or `elbo(x, rng)`, and as many of log_weights(x, rng, samples),
/// reconstruct(x, rng), generate(n, rng), generate_given(labels, rng), sheets(batch, rng), codes(x) as it has. A
/// member goes before the free function of that name.
template <class M>
AnyVae any_vae(std::shared_ptr<M> model) {
  using R = Rng&;
  using B = const nn::Batch&;
  using Told = std::remove_cvref_t<decltype(detail::told(*model, nn::Batch{}))>;
  AnyVae any{.module = model, .objective = {}};
  any.objective = [model](B b, R rng, const BoundOptions& options) -> Objective {
    if constexpr (requires { model->objective(b, rng); }) {
      return model->objective(b, rng);
    } else if constexpr (requires { model->elbo(b.images, rng); }) {
      ElboTerms terms = model->elbo(b.images, rng);
      terms.beta *= options.beta;
      return terms;
    } else {
      return elbo(detail::told(*model, b), b.images, rng, options);
    }
  };
  if constexpr (requires(B b, R rng) { model->log_weights(b.images, rng, 1); }) {
    any.log_weights = [model](B b, R rng, int samples) {
      return model->log_weights(b.images, rng, samples);
    };
  } else if constexpr (LatentModel<Told>) {
    any.log_weights = [model](B b, R rng, int samples) {
      return log_weights(detail::told(*model, b), b.images, rng, samples);
    };
  }
  if constexpr (requires(B b, R rng) { model->reconstruct(b.images, rng); }) {
    any.reconstruct = [model](B b, R rng) { return model->reconstruct(b.images, rng); };
  } else if constexpr (LatentModel<Told>) {
    any.reconstruct = [model](B b, R rng) {
      const NoGrad no_grad;
      auto&& told = detail::told(*model, b);
      return detail::picture_of(told.decode(told.encode(b.images).sample(rng)), rng);
    };
  }
  if constexpr (requires(R rng) { model->generate(1, rng); }) {
    any.generate = [model](std::int64_t n, R rng) { return model->generate(n, rng); };
  } else if constexpr (LatentModel<M>) {
    any.generate = [model](std::int64_t n, R rng) {
      const NoGrad no_grad;
      return detail::picture_of(model->decode(model->prior().sample(rng, {n})), rng);
    };
  }
  if constexpr (requires(B b, R rng) { model->generate_given(b.labels, rng); }) {
    any.generate_given = [model](const Tensor& labels, R rng) {
      return model->generate_given(labels, rng);
    };
  }
  if constexpr (requires(B b, R rng) { model->sheets(b, rng); })
    any.sheets = [model](B b, R rng) { return model->sheets(b, rng); };
  if constexpr (requires(B b) { detail::told(*model, b).encode(b.images).mean(); }) {
    any.code = [model](B b) {
      const NoGrad no_grad;
      return detail::told(*model, b).encode(b.images).mean();
    };
  }
  if constexpr (requires(B b) {
                  { detail::told(*model, b).encode(b.images) } -> std::same_as<prob::Normal>;
                  { detail::told(*model, b).prior() } -> std::same_as<prob::StandardNormal>;
                }) {
    any.posterior = [model](B b) {
      const NoGrad no_grad;
      return detail::told(*model, b).encode(b.images);
    };
  }
  if constexpr (requires(const Tensor& z) { model->decode(z).mean(); } && LatentModel<M>) {
    any.picture = [model](const Tensor& z) {
      const NoGrad no_grad;
      return model->decode(z).mean();
    };
  }
  if constexpr (requires(B b) { model->codes(b.images); }) {
    any.codes = [model](B b) {
      const NoGrad no_grad;
      return model->codes(b.images);
    };
  }
  return any;
}

}  // namespace tapestry::vae
