#pragma once

#include "vae/exact/ppca.hpp"
#include "vae/exact/row_moments.hpp"

namespace tapestry::vae::exact {

/// Factor analysis: PPCA with a noise of its own for each observed number.
///
///     z ~ N(0, I_K)      x | z ~ N(W z + m, Psi),   Psi diagonal
///     p(x)     = N(x; m, W W^T + Psi)
///     p(z | x) = N(z; G W^T Psi^-1 (x - m), G),     G = (I + W^T Psi^-1 W)^-1
///
/// Rubin and Thayer, EM algorithms for ML factor analysis, 1982 (notes S4). x is [..., D], z is [..., K];
/// results are [...], in nats. Only K x K matrices are inverted. Recorded.
struct FactorAnalysis {
  Tensor weight;  ///< W [D, K]
  Tensor mean;    ///< m [D]
  Tensor noise;   ///< the diagonal of Psi [D]: variances, positive

  /// The same distribution: Psi = sigma^2 I.
  static FactorAnalysis from(const Ppca& model);

  std::int64_t outputs() const { return weight.dim(0); }
  std::int64_t latents() const { return weight.dim(1); }

  prob::StandardNormal prior(const Shape& batch = {}) const;  ///< over vectors [batch, K]
  prob::Normal likelihood(const Tensor& z) const;             ///< p(x | z), over vectors [..., D]
  prob::MultivariateNormal evidence() const;                  ///< p(x), with its D x D covariance
  prob::MultivariateNormal posterior(const Tensor& x) const;  ///< p(z | x), means [..., K]

  Tensor log_joint(const Tensor& x, const Tensor& z) const;
  /// By Bayes' rule at the posterior's mean: log p(x, z) - log p(z | x).
  Tensor log_px(const Tensor& x) const;
  // Of rows with holes: `seen`, shaped as x, is 1 where an entry is known and 0 where it is missing, completely at
  // random. x is finite; what it holds in a hole does not matter.
  prob::MultivariateNormal posterior(const Tensor& x, const Tensor& seen) const;  ///< p(z | x_seen)
  Tensor log_px(const Tensor& x, const Tensor& seen) const;                       ///< log p(x_seen)
  /// The mean of log p(x) over a data set with these moments, a scalar.
  Tensor mean_log_px(const RowMoments& data) const;

  Draw sample(Rng& rng, std::int64_t n) const;  ///< z [n, K], x [n, D]
};

/// W^T Psi^-1 and G of the model.
struct FactorPosterior {
  Tensor projection;  ///< [K, D]
  Tensor covariance;  ///< G [K, K]
};
FactorPosterior factor_posterior(const FactorAnalysis& model);

}  // namespace tapestry::vae::exact
