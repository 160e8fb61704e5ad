#pragma once

#include "prob/monte_carlo.hpp"
#include "prob/normal.hpp"

// The aggregated posterior q(z) = (1/N) sum_n q(z|x_n): what the decoder sees of a data set. q has a row for each
// datum, [N, K] with event_dims 1 (ShapeError). Everything in nats and f64.

namespace tapestry::vae {

/// log q(z) at z [..., K], exactly: [...]. In blocks, so that 60,000 rows and 2,000 points take a second and little
/// memory. Not recorded.
Tensor aggregate_log_prob(const prob::Normal& q, const Tensor& z);

/// Draws of q(z): a row at random, then a z of it.
struct AggregateDraws {
  Tensor z;      ///< [draws, K]
  Tensor log_q;  ///< [draws] log q(z|x_n) of the row n that it is from
};
AggregateDraws aggregate_sample(const prob::Normal& q, std::int64_t draws, Rng& rng);

/// The two parts of the mean KL (Hoffman and Johnson, ELBO surgery, 2016):
///
///     mean_n KL(q(z|x_n) || p(z))  =  I(n; z)  +  KL(q(z) || p(z)),      p(z) = N(0, I)
///
/// I(n; z) = E log q(z|x_n) / q(z), how well z tells which datum it is from, is at most log N. It is estimated from
/// draws; the sum is known in closed form, so the second part has the same standard error. Not recorded.
struct KlSurgery {
  prob::Estimate information;  ///< I(n; z)
  prob::Estimate marginal_kl;  ///< KL(q(z) || p(z)): what a better prior could win, and no more
};
KlSurgery kl_surgery(const prob::Normal& q, std::int64_t draws, Rng& rng);

/// Mean and covariance of q(z), by the law of total covariance. Recorded, in the dtype of q.
struct AggregateMoments {
  Tensor mean;           ///< [K]
  Tensor of_means;       ///< [K, K] Cov of the means over the data, divided by N
  Tensor mean_variance;  ///< [K] E_x Var_q[z_k|x]

  Tensor covariance() const;  ///< [K, K] = of_means + diag(mean_variance)
};
AggregateMoments aggregate_moments(const prob::Normal& q);

/// The share of the points z [M, K] that lie in a hole of q(z): where log q(z) is below its `quantile` at M draws of
/// q(z) itself. Of draws of the prior it is how often a sample is one that the decoder never met; of draws of q(z) it is
/// `quantile`. Not recorded. DomainError unless 0 < quantile < 1.
double hole_share(const prob::Normal& q, const Tensor& z, Rng& rng, double quantile = 0.01);

}  // namespace tapestry::vae
