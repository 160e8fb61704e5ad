#pragma once

#include "prob/normal.hpp"

// The mutual information gap (Chen et al. 2018) is large if each factor of the data is encoded in
// one latent, and in no other. Exact, for data in which all combinations of the factors are listed
// (nn/data/sprites.hpp).

namespace tapestry::vae {

/// I(z_k; v_f) in nats, [F, K], of the latents of q [N, K] (event_dims 1) and the factors [N, F] of
/// the N data: class numbers of any dtype, each datum as likely as every other. By quadrature over
/// each q(z_k | x_n): N^2 densities a node and latent. Not recorded. ShapeError unless they fit.
Tensor factor_information(const prob::Normal& q, const Tensor& factors);

/// Entropy of each factor in nats, [F].
Tensor factor_entropy(const Tensor& factors);

/// The mean over the factors of (largest - second largest I(z_k; v_f)) / entropy of v_f: 1 for a code
/// with one latent for each factor, 0 when two latents carry the same information. ConfigError for
/// fewer than two latents, DomainError for a factor that never changes.
double mutual_information_gap(const prob::Normal& q, const Tensor& factors);

}  // namespace tapestry::vae
