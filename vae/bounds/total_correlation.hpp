#pragma once

#include "prob/normal.hpp"

// What the KL of a VAE is made of (Hoffman and Johnson 2016; Chen et al. 2018). Over a
// data set x_1 .. x_N the encoder makes the aggregated posterior q(z) = (1/N) sum_n q(z | x_n), and
//
//     mean_n KL(q(z | x_n) || p(z)) =  I(x; z)                       mutual information
//                                    + KL(q(z) || prod_k q(z_k))     total correlation
//                                    + sum_k KL(q(z_k) || p(z_k))    dimension-wise KL
//
// with p(z) = N(0, I). All in nats; recorded.

namespace tapestry::vae {

/// The three parts, of one shape: for each draw z, or their averages.
struct KlSplit {
  Tensor mutual_information;  ///< log q(z | x) - log q(z)
  Tensor total_correlation;   ///< log q(z) - sum_k log q(z_k)
  Tensor dimension_wise;      ///< sum_k log q(z_k) - log p(z)

  /// log q(z | x) - log p(z). The estimate of q(z) cancels, so a correct sum does not show that the
  /// parts are correct.
  Tensor sum() const;
};

/// For each draw z [..., M, K], z[..., n, :] from row n of q [M, K] (event_dims 1), the three parts,
/// [..., M]. `log_weights` [M] or [M, M] are the weights of the rows in place of q(z): row i of the
/// matrix belongs to the draws of row i.
///
///     log q(z_i) = log sum_j exp(log_weights_ij + log q(z_i | x_j)),   and so for each z_k
///
/// With all N data and all_rows(N) the aggregated posterior is exact.
KlSplit split_kl(const prob::Normal& q, const Tensor& z, const Tensor& log_weights);

/// The averages over z and x, [], by quadrature: exact to about 1e-9 when q(z) is smooth on the
/// scale of each q(z | x). For few latents and data: N^2 40^K densities. ConfigError for K > 3.
KlSplit exact_kl_split(const prob::Normal& q);

/// Weights 1/N for all N data, [N].
Tensor all_rows(std::int64_t data);
// For a minibatch of B of N data, 2 <= B <= N (ConfigError); tests/vae/analysis measures the bias.

/// Weighted sampling (Chen et al. 2018): 1/(N B) for each row, [B]. These sum to 1/N, not to 1: log
/// q(z) misses a log N once and sum_k log q(z_k) K times, so that the total correlation comes out
/// too large by about (K - 1) log N (exactly, for a batch of all data).
Tensor weighted_rows(std::int64_t batch, std::int64_t data);
/// Stratified sampling (the same): 1/N for the row that z was drawn from, on the diagonal; the others
/// share (N - 1)/N, [B, B]. Equal shares have the mean of the unequal ones of the paper and vary
/// less. The densities are unbiased, their logarithms too small on average.
Tensor stratified_rows(std::int64_t batch, std::int64_t data);

/// -log det R / 2 for the correlation matrix R of a covariance [..., K, K]: the total correlation of
/// a normal vector, [...].
Tensor gaussian_total_correlation(const Tensor& covariance);

}  // namespace tapestry::vae
