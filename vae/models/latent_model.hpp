#pragma once

#include <type_traits>

#include "vae/bounds/estimators.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/bounds/log_weights.hpp"

namespace tapestry::vae {

/// What every bound asks of a model: three functions that return distributions. No base class.
///
///     q(z|x)   encode(x)   rsample and log_prob; or sample and log_prob; or rsample_and_log_prob alone
///     p(z)     prior()     log_prob; sample, to generate
///     p(x|z)   decode(z)   log_prob(x) [..., B]; mean(), to show pictures
///
/// A condition y is bound, not threaded through: `given(y)` returns the three functions with y inside,
/// and elbo(model.given(y), x, rng) bounds log p(x|y).
template <class M>
concept LatentModel = requires(M& model, const Tensor& x, const Tensor& z) {
  model.encode(x);
  model.prior();
  model.decode(z);
};

template <class M>
concept LatentModelRef = LatentModel<std::remove_reference_t<M>>;

/// The terms of the bound of log p(x) for each image of x [B, ...]; see estimators.hpp.
template <LatentModelRef M>
ElboTerms elbo(M&& model, const Tensor& x, Rng& rng, const BoundOptions& options = {}) {
  return sgvb(
      x, model.encode(x), model.prior(), [&](const Tensor& z) { return model.decode(z); }, rng,
      options);
}

/// log w [K, B] of `samples` draws from q for each image of x; see log_weights.hpp.
template <LatentModelRef M>
Tensor log_weights(M&& model, const Tensor& x, Rng& rng, int samples) {
  return log_weights(
      x, model.encode(x), model.prior(), [&](const Tensor& z) { return model.decode(z); }, rng,
      samples);
}

/// log p(x) of each image, estimated from `samples` draws of q. Not recorded.
template <LatentModelRef M>
LogPx log_px(M&& model, const Tensor& x, Rng& rng, int samples) {
  const NoGrad no_grad;
  return log_px(log_weights(model, x, rng, samples));
}

/// The mean of p(x|z) at a sampled z ~ q(z|x), shaped as x. Not recorded.
template <LatentModelRef M>
Tensor reconstruct(M&& model, const Tensor& x, Rng& rng) {
  const NoGrad no_grad;
  return model.decode(model.encode(x).sample(rng)).mean();
}

/// The means of p(x|z) at n draws from the prior, [n, ...]. Not recorded.
template <LatentModelRef M>
Tensor generate(M&& model, std::int64_t n, Rng& rng) {
  const NoGrad no_grad;
  return model.decode(model.prior().sample(rng, {n})).mean();
}

}  // namespace tapestry::vae
