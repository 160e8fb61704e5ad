#pragma once

#include "autograd/ops.hpp"
#include "prob/distribution.hpp"

namespace tapestry::vae {

/// log w [K, B] of `samples` draws z ~ q for each image, where w = p(x, z) / q(z|x) and E_q[w] = p(x).
/// Recorded. Every bound of several samples is a function of these numbers:
///
///     iwae_bound(log_w)   renyi_bound(log_w, alpha)   thermodynamic_bound(log_w, betas)   log_px(log_w)
template <class Q, class Prior, class Decode>
Tensor log_weights(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng,
                   int samples) {
  check<ConfigError>(samples >= 1, "importance sampling needs at least 1 sample, not {}", samples);
  const prob::SampledLatent drawn = prob::rsample_and_log_prob(q, rng, {samples});
  return decode(drawn.z).log_prob(x) + prior.log_prob(drawn.z) - drawn.log_q;
}

}  // namespace tapestry::vae
