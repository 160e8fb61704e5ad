#pragma once

#include <cmath>

#include "autograd/tape.hpp"
#include "vae/inference/importance.hpp"
#include "vae/objectives/sgvb.hpp"

// Bounds from several weighted samples (Burda, Grosse, Salakhutdinov: Importance Weighted Autoencoders,
// 2016). The weight of a sample z ~ q is w = p(x, z) / q(z|x); log p(x) = log E_q[w].

namespace tapestry::vae {

/// log w of `samples` draws for each image: [K, B].
template <class Q, class Prior, class Likelihood>
Tensor log_importance_weights(const Tensor& x, const Q& q, const Prior& prior,
                              Likelihood&& likelihood, Rng& rng, int samples) {
  check<ConfigError>(samples >= 1, "importance sampling needs at least 1 sample, not {}", samples);
  const Tensor z = q.rsample(rng, {samples});
  return likelihood(z).log_prob(x) + prior.log_prob(z) - q.log_prob(z);
}

/// [B] the IWAE bound log((1/K) sum of w) (equation 8 there): tighter with every sample, the ELBO at
/// K = 1. Differentiable; its gradient weighs samples by their normalised w.
template <class Q, class Prior, class Likelihood>
Tensor iwae_bound(const Tensor& x, const Q& q, const Prior& prior, Likelihood&& likelihood,
                  Rng& rng, int samples) {
  const Tensor log_w = log_importance_weights(x, q, prior, likelihood, rng, samples);
  return logsumexp(log_w, 0) - std::log(samples);
}

/// log p(x) of each image, estimated from `samples` draws of q.
template <class Q, class Prior, class Likelihood>
LogEvidence importance_log_px(const Tensor& x, const Q& q, const Prior& prior,
                              Likelihood&& likelihood, Rng& rng, int samples) {
  const NoGrad evaluation;
  return log_evidence(log_importance_weights(x, q, prior, likelihood, rng, samples));
}

}  // namespace tapestry::vae
