#pragma once

#include "autograd/random.hpp"
#include "vae/exact/draw.hpp"

namespace tapestry::vae::exact {

/// F7, the chain: a hidden state that moves linearly and is observed with noise. The log-likelihood
/// of a whole sequence and the posterior of every state are exact, by the Kalman filter.
///
///     z_1 ~ N(start_mean, start_cov)
///     z_t = A z_{t-1} + N(0, Q)          the state moves
///     x_t = C z_t     + N(0, R)          and is observed
///
/// Sequences are x [B, T, D] and z [B, T, K]; T >= 1. In nats; recorded, so the matrices may be
/// tracked and learned.
struct Chain {
  Tensor start_mean;  ///< [K]
  Tensor start_cov;   ///< [K, K], symmetric and positive definite, like all covariances here
  Tensor transition;  ///< A [K, K]
  Tensor motion_cov;  ///< Q [K, K]
  Tensor emission;    ///< C [D, K]
  Tensor noise_cov;   ///< R [D, D]

  /// A damped rotation in the plane, with only its first coordinate observed; of the default dtype.
  static Chain example();

  std::int64_t states() const { return emission.dim(1); }   ///< K
  std::int64_t outputs() const { return emission.dim(0); }  ///< D

  /// log p(x, z), [B].
  Tensor log_joint(const Tensor& x, const Tensor& z) const;
  /// Cov(x_s, x_t), [D, D], for steps counted from 1 with s <= t.
  Tensor covariance(std::int64_t s, std::int64_t t) const;
  /// log p(x_1 .. x_T), [B]: the sum over t of log p(x_t | x_1 .. x_{t-1}).
  Tensor log_px(const Tensor& x) const;
  Draw sample(Rng& rng, std::int64_t sequences, std::int64_t length) const;
};

/// Normal distributions of the states, one a step. The covariances do not depend on the data.
struct StatePath {
  Tensor mean;        ///< [B, T, K]
  Tensor covariance;  ///< [T, K, K]
};

/// The result of the filter: p(z_t | x_1 .. x_t) for each state, and log p(x).
struct Filtered {
  StatePath path;
  StatePath predicted;  ///< p(z_t | x_1 .. x_{t-1}), without x_t
  Tensor log_px;        ///< [B]
};

/// The Kalman filter: for each t predict by A and Q, then correct by the error in x_t.
Filtered kalman_filter(const Chain& chain, const Tensor& x);
/// p(z_t | x_1 .. x_T), given the whole sequence: Rauch, Tung and Striebel's backward pass.
StatePath kalman_smoother(const Chain& chain, const Tensor& x);

}  // namespace tapestry::vae::exact
