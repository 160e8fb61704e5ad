#pragma once

#include "concepts/bounds/gradient_variants.hpp"

namespace concepts {

/// DReG with the score of q left in: its parameters are not detached in log q(z).
struct DregWithScore {
  template <class Q, class Prior, class Decode>
  static Tensor bound(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng,
                      int k) {
    const Tensor z = q.rsample(rng, {k}), fixed = z.detach();
    const Tensor log_w = decode(fixed).log_prob(x) + prior.log_prob(fixed) - q.log_prob(fixed);
    const Tensor share = vae::normalized_weights(log_w).detach();
    const Tensor slowed = fixed + reshape(share, share.shape().inserted(2, 1)) * (z - fixed);
    return vae::iwae_bound(decode(slowed).log_prob(x) + prior.log_prob(slowed) -
                           q.log_prob(slowed));
  }
};

}  // namespace concepts
