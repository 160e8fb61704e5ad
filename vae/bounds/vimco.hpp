#pragma once

#include "autograd/tensor.hpp"

// The gradient of the bound of IWAE for latents that may be discrete (Mnih and Rezende, Variational Inference for Monte Carlo
// Objectives, 2016). With L = log (1/K) sum_k w_k and w~ the normalised weights,
//
//     grad E[L]  =  E[ sum_k s_k grad log q(z_k|x)  +  sum_k w~_k grad log w_k ]
//
// is right for s_k = L, and stays right when a number that does not depend on z_k is taken off.

namespace tapestry::vae {

/// [K, B] the learning signals s_k from log weights [K, B]: what draw k adds to the bound (equations 8 and 10).
///
///     s_k = L - L_-k,     L_-k = L with w_k replaced by the geometric mean of the other weights
///
/// Constants to the tape. Memory for K^2 B numbers. ConfigError for fewer than 2 samples.
Tensor vimco_signals(const Tensor& log_w);

/// [B] the value iwae_bound(log_p - log_q) and the gradient above, from log p(x, z) and log q(z|x) [K, B] of draws of q that
/// pass no gradient on. Its mean is the gradient of the bound of K draws, for the parameters of p and of q. Recorded.
/// ShapeError unless both have one shape; ConfigError for fewer than 2 samples.
Tensor vimco_bound(const Tensor& log_p, const Tensor& log_q);

}  // namespace tapestry::vae
