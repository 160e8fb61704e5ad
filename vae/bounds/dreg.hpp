#pragma once

#include "vae/bounds/expectation.hpp"
#include "vae/bounds/importance.hpp"
#include "vae/bounds/iwae.hpp"
#include "vae/bounds/log_weights.hpp"

namespace tapestry::vae {

/// [B] the bound of IWAE of `samples` draws, with the doubly reparameterised gradient for q (Tucker, Lawson, Gu and
/// Maddison, Doubly Reparameterized Gradient Estimators, 2019, equation 8): with w~ the normalised weights,
///
///     grad of q's parameters = sum_k w~_k^2 (d log w_k / d z_k) (d z_k / d parameters)
///     grad of p's parameters = sum_k w~_k d log w_k
///
/// The mean of both is the gradient of the bound. Where the plain gradient of q drowns in noise as there are more
/// samples, this one has less; with one sample it is sticking the landing. The factor w~ is put on the way from
/// z to the parameters of q, so that p sees none of it. q is reparameterised and has a density. Recorded.
template <class Q, class Prior, class Decode>
Tensor dreg_bound(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng,
                  int samples) {
  check<ConfigError>(samples >= 1, "importance sampling needs at least 1 sample, not {}", samples);
  const Tensor z = q.rsample(rng, {samples});
  const Tensor fixed = z.detach();
  Tensor share;
  {
    const NoGrad no_grad;
    share =
        normalized_weights(decode(fixed).log_prob(x) + prior.log_prob(fixed) - q.log_prob(fixed));
  }
  // The value of z, and its gradient times w~.
  const Tensor slowed =
      fixed + reshape(share, share.shape().inserted(share.rank(), 1)) * (z - fixed);
  return iwae_bound(decode(slowed).log_prob(x) + prior.log_prob(slowed) - path_log_prob(q, slowed));
}

}  // namespace tapestry::vae
