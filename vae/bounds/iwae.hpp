#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// [B] the bound of Burda, Grosse and Salakhutdinov (Importance Weighted Autoencoders, 2016, equation 8)
/// from the log weights [K, B] of log_weights:
///
///     log p(x)  >=  E[log (1/K) sum_k w_k]
///
/// Tighter with every sample, the ELBO at K = 1. Recorded; its gradient weighs samples by their
/// normalised w. ShapeError without samples.
Tensor iwae_bound(const Tensor& log_w);

}  // namespace tapestry::vae
