#pragma once

#include "autograd/tensor.hpp"

// Bounds between the ELBO and that of IWAE (Rainforth, Kosiorek, Le, Maddison, Igl, Wood and Teh, Tighter Variational Bounds
// are Not Necessarily Better, 2018, section 6). Both are recorded.

namespace tapestry::vae {

/// [B] the bound of MIWAE from log weights [M, K, B], M groups of K draws for each image:
///
///     (1/M) sum_m log (1/K) sum_k w_mk
///
/// Its mean is that of iwae_bound of K draws; M makes its noise smaller and leaves the bound as loose as it is. M = 1 is
/// IWAE, K = 1 the ELBO of M draws. (PIWAE: the encoder climbs this one, the decoder iwae_bound of all M K draws.)
/// ShapeError unless log_w has three axes, none of the first two empty.
Tensor miwae_bound(const Tensor& log_w);

/// [B] the bound of CIWAE from log weights [K, B]:
///
///     beta (1/K) sum_k log w_k + (1 - beta) log (1/K) sum_k w_k
///
/// beta = 1 is the ELBO, 0 the bound of IWAE. ConfigError unless 0 <= beta <= 1: beyond, it may be no bound. ShapeError
/// without samples.
Tensor ciwae_bound(const Tensor& log_w, double beta);

}  // namespace tapestry::vae
