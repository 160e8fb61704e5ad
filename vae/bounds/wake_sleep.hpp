#pragma once

#include <utility>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "vae/bounds/elbo.hpp"

// Wake-sleep (Hinton, Dayan, Frey, Neal 1995), which AEVB is compared with in its section 5: model
// and encoder learn from two losses, each from samples that the other one drew. Together they are
// the gradient of no single bound: the sleep phase fits KL(p || q), on dreams instead of data.
//
//     tape.backward(vae::wake_phase(x, q, prior, decode, rng).loss());
//     tape.backward(-mean(vae::sleep_phase(encode, prior, decode, rng, n)));

namespace tapestry::vae {

/// Wake: log p(x, z) at z from q(z|x), which counts as a number, so only prior and decoder learn.
/// The terms are those of the bound, per image of x [B, D], with estimator A's value.
template <class Q, class Prior, class Decode>
ElboTerms wake_phase(const Tensor& x, const Q& q, const Prior& prior, Decode&& decode, Rng& rng) {
  const Tensor z = q.sample(rng);
  return {.log_lik = decode(z).log_prob(x), .kl = q.log_prob(z).detach() - prior.log_prob(z)};
}

/// Sleep: log q(z|x) [n] for n dreams, z from the prior and x from p(x|z). They count as numbers, so
/// only the encoder learns: `encode` is any function from x [n, D] to q(z|x). It is largest on
/// average where q is the posterior of the model.
template <class Encode, class Prior, class Decode>
Tensor sleep_phase(Encode&& encode, const Prior& prior, Decode&& decode, Rng& rng,
                   std::int64_t dreams) {
  check<ConfigError>(dreams >= 1, "the sleep phase needs at least 1 dream, not {}", dreams);
  const auto [x, z] = [&] {
    const NoGrad no_grad;
    const Tensor latent = prior.sample(rng, {dreams});
    return std::pair{decode(latent).sample(rng), latent};
  }();
  return encode(x).log_prob(z);
}

}  // namespace tapestry::vae
