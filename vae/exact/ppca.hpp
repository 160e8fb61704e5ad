#pragma once

#include "autograd/random.hpp"
#include "prob/multivariate_normal.hpp"
#include "prob/normal.hpp"
#include "prob/standard_normal.hpp"
#include "vae/exact/draw.hpp"
#include "vae/exact/row_moments.hpp"

namespace tapestry::vae::exact {

/// F2, probabilistic principal component analysis: the linear VAE, all of it in closed form.
///
///     z ~ N(0, I_K)      x | z ~ N(W z + m, sigma^2 I_D)
///     p(x)     = N(x; m, W W^T + sigma^2 I)
///     p(z | x) = N(z; M^-1 W^T (x - m), sigma^2 M^-1),   M = W^T W + sigma^2 I
///
/// Tipping and Bishop, Probabilistic principal component analysis, 1999 (notes S2). x is [..., D],
/// z is [..., K]; results are [...], in nats. Recorded, so W, m, sigma and q may be tracked.
struct Ppca {
  Tensor weight;  ///< W [D, K]
  Tensor mean;    ///< m [D]
  Tensor sigma;   ///< scalar, positive

  /// W and m with elements from N(0, 1), of the default dtype.
  static Ppca random(std::int64_t outputs, std::int64_t latents, double sigma, Rng& rng);

  std::int64_t outputs() const { return weight.dim(0); }
  std::int64_t latents() const { return weight.dim(1); }

  prob::StandardNormal prior(const Shape& batch = {}) const;  ///< over vectors [batch, K]
  prob::Normal likelihood(const Tensor& z) const;             ///< p(x | z), over vectors [..., D]
  prob::MultivariateNormal evidence() const;                  ///< p(x)
  prob::MultivariateNormal posterior(const Tensor& x) const;  ///< p(z | x), means [..., K]
  /// The q nearest to the posterior, in KL(q || posterior), among those with independent latents:
  /// the same mean, variances 1 / Lambda_jj where Lambda = M / sigma^2 is the precision.
  prob::Normal best_diagonal(const Tensor& x) const;

  Tensor log_joint(const Tensor& x, const Tensor& z) const;
  Tensor log_px(const Tensor& x) const;
  /// E_q[log p(x | z)] - KL(q || p(z)), exact, of a q over vectors z: event_dims = 1.
  Tensor elbo(const Tensor& x, const prob::MultivariateNormal& q) const;
  Tensor elbo(const Tensor& x, const prob::Normal& q) const;
  /// KL(q || p(z | x)) = log p(x) - elbo.
  Tensor gap(const Tensor& x, const prob::MultivariateNormal& q) const;
  Tensor gap(const Tensor& x, const prob::Normal& q) const;

  Draw sample(Rng& rng, std::int64_t n) const;  ///< z [n, K], x [n, D]
};

/// The model of K latents that makes a data set most likely; no VAE with a linear decoder and one
/// sigma reaches a higher mean log-likelihood than this ceiling.
struct PpcaFit {
  Ppca model;     ///< its columns are orthogonal, longest first: |W_k|^2 + sigma^2 = eigenvalue k
  double log_px;  ///< mean over the data, nats per row
  Tensor eigenvalues;  ///< [D] of the covariance of the data (divided by N), falling
};

/// W_k = sqrt(eigenvalue_k - sigma^2) times eigenvector k, sigma^2 = the mean of the eigenvalues left out,
/// m = the mean of the data. f64; not recorded. Throws ConfigError unless 1 <= latents < D, DomainError
/// when the data has no variance left for sigma.
PpcaFit fit_ppca(const RowMoments& data, std::int64_t latents);
/// Of x [N, D], in double inside and in the dtype of x outside. ShapeError for another rank.
PpcaFit fit_ppca(const Tensor& x, std::int64_t latents);

}  // namespace tapestry::vae::exact
