#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "autograd/ops.hpp"
#include "nn/module.hpp"
#include "prob/normal.hpp"

// Why latents collapse (Lucas et al., Don't blame the ELBO, 2019). The linear VAE
//
//     z ~ N(0, I)      x|z ~ N(W z + m, sigma^2 I)      q(z|x) = N(A (x - m), diag s^2)
//
// has a bound whose mean over the data needs no more than their mean m and covariance C:
//
//     E log p(x|z) = -D/2 log(2 pi sigma^2) - (tr C - 2 tr(W A C) + tr(W A C A^T W^T) + sum_k s_k^2 |W_k|^2) / (2 sigma^2)
//     KL_k         = ((A C A^T)_kk + s_k^2 - 1) / 2 - log s_k
//
// At its maximum latent k has the direction of eigenvector k of C and |W_k|^2 = lambda_k - sigma^2, as long as the
// eigenvalue lambda_k is above sigma^2. The other latents have W_k = 0 and q(z_k|x) = N(0, 1): they have collapsed.

namespace concepts {

using namespace tapestry;

/// The mean bound over data, nats per datum.
struct MeanBound {
  Tensor log_lik, kl;  // [], and [K] of each latent

  Tensor elbo() const { return log_lik - sum(kl); }
};

struct LinearVae : nn::Module {
  LinearVae(const Tensor& mean_of_data, std::int64_t latents, double sigma2)
      : weight(*this, "weight", {mean_of_data.size(), latents}, nn::Start::weight(latents, 1)),
        encoder(*this, "encoder", {latents, mean_of_data.size()},
                nn::Start::weight(mean_of_data.size(), latents)),
        log_s(*this, "log_s", {latents}, 0.0),
        log_sigma2(*this, "log_sigma2", {}, std::log(sigma2)),
        centre(mean_of_data) {}

  prob::Normal encode(const Tensor& x) {
    return {matmul(x - centre, encoder, {.transpose_right = true}), exp(log_s), 1};
  }

  MeanBound mean_bound(const Tensor& c) {
    const Tensor ac = matmul(encoder, c);                                 // A C
    const Tensor codes = matmul(ac, encoder, {.transpose_right = true});  // A C A^T
    const Tensor ww = matmul(weight, weight, {.transpose_left = true});   // W^T W
    const Tensor s2 = exp(2.0 * log_s), one = eye(s2.size(), c.dtype());
    const Tensor error = sum(c * eye(c.dim(0), c.dtype())) - 2.0 * sum(transpose(weight) * ac) +
                         sum(ww * codes) + sum(sum(ww * one, 0) * s2);
    const double d = static_cast<double>(c.dim(0));
    return {.log_lik = -0.5 * d * (std::log(2 * std::numbers::pi) + log_sigma2) -
                       0.5 * error / exp(log_sigma2),
            .kl = 0.5 * (sum(codes * one, 0) + s2 - 1.0) - log_s};
  }

  /// The mean of log p(x): no bound, the likelihood itself. With M = W^T W + sigma^2 I the covariance W W^T + sigma^2 I has
  /// the log determinant (D - K) log sigma^2 + log det M and the inverse (I - W M^-1 W^T) / sigma^2.
  double mean_log_px(const Tensor& c) {
    const Tensor w = recorded(weight), sigma2 = exp(log_sigma2);
    const Tensor m = matmul(w, w, {.transpose_left = true}) + sigma2 * eye(w.dim(1), w.dtype());
    const Tensor root = triangular_solve(cholesky(m), transpose(w));  // L^-1 W^T, where M = L L^T
    const Tensor quadratic =
        (sum(c * eye(c.dim(0), c.dtype())) - sum(matmul(root, c) * root)) / sigma2;
    const double d = static_cast<double>(w.dim(0)), k = static_cast<double>(w.dim(1));
    return -0.5 * (d * std::log(2 * std::numbers::pi) + (d - k) * log(sigma2).item() +
                   log_det(m).item() + quadratic.item());
  }

  nn::Param weight, encoder, log_s, log_sigma2;  // W [D, K], A [K, D], log s [K], []
  const Tensor centre;                           // m [D]
};

/// The best linear VAE of so many latents, from the eigenvalues of C (falling).
struct LinearOptimum {
  LinearOptimum(const std::vector<double>& eigenvalues, double sigma2, std::int64_t latents) {
    for (const double lambda : eigenvalues) {
      const bool used = lambda > sigma2 && active < static_cast<double>(latents);
      const double variance = used ? lambda : sigma2;  // that the model gives to this direction
      bound -= 0.5 * (std::log(2 * std::numbers::pi * variance) + lambda / variance);
      kl += 0.5 * std::log(variance / sigma2);
      activity += 1 - sigma2 / variance;
      active += used ? 1 : 0;
    }
  }

  double active = 0;         // latents
  double bound = 0, kl = 0;  // nats
  double activity = 0;       // sum over the latents of Var_x E[z|x]
};

}  // namespace concepts
