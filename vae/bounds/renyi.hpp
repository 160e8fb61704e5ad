#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// [B] the variational Renyi bound (Li and Turner, Renyi Divergence Variational Inference, 2016,
/// equation 5) from the log weights [K, B] of log_weights:
///
///     L_alpha = 1 / (1 - alpha)  log (1/K) sum_k w_k^(1 - alpha)
///
/// alpha = 1, the limit, is the ELBO, alpha = 0 the bound of IWAE. It falls as alpha grows; below 0 it
/// bounds log p(x) from above, with infinitely many samples. Recorded. ConfigError unless alpha is finite.
Tensor renyi_bound(const Tensor& log_w, double alpha);

}  // namespace tapestry::vae
