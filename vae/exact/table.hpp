#pragma once

#include "autograd/tensor.hpp"

// Inference by enumeration, for latents with finitely many states: log p(x, z = s) is a table
// [..., S] with one entry for each state s along the last axis, and so is log q(z = s). Sums over
// the table are exact. A grid over a continuous latent is such a table too, when the logarithm of
// the cell's size has been added to the log density (grid.hpp). In nats; recorded.

namespace tapestry::vae::exact::table {

/// log p(x) = log sum_s p(x, s), [...]
Tensor log_px(const Tensor& log_joint);
/// log p(s | x), [..., S]: Bayes' rule.
Tensor log_posterior(const Tensor& log_joint);
/// E_q[log p(x, s) - log q(s)], [...]. DomainError unless the entries of log_q are finite and its
/// rows sum to one as probabilities. They broadcast with those of log_joint.
Tensor elbo(const Tensor& log_joint, const Tensor& log_q);
/// KL(q || p(s | x)) = log_px - elbo, [...]; log_q as above.
Tensor gap(const Tensor& log_joint, const Tensor& log_q);

}  // namespace tapestry::vae::exact::table
