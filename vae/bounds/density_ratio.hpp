#pragma once

#include "autograd/random.hpp"
#include "autograd/tensor.hpp"

// The ratio of two densities that can be drawn from and not evaluated, by a critic D that tells draws apart:
// the best D has log D/(1 - D) = log q - log p (Kim and Mnih 2018, section 3; Goodfellow et al. 2014).

namespace tapestry::vae {

/// [B] what the critic climbs: log D at draws of q, log(1 - D) at draws of p, from its logits [B]. Its largest
/// mean is twice the Jensen-Shannon divergence - 2 log 2. Recorded.
Tensor told_apart(const Tensor& logit_at_q, const Tensor& logit_at_p);

/// z [B, K] with each column in an order of its own: draws of prod_k q(z_k), made of draws of q(z). Recorded.
/// ShapeError unless z has two axes.
Tensor permute_columns(const Tensor& z, Rng& rng);

}  // namespace tapestry::vae
