#pragma once

#include "autograd/random.hpp"
#include "vae/exact/chain.hpp"

// The gap of a posterior q(z|x) of a chain, on average over sequences x of T steps that the chain draws:
//
//     E_x KL(q(z|x) || p(z|x)) = E_x[log p(x) - ELBO]
//
// Scalars in nats for the whole sequence, exact and recorded, for chains that start at mean 0.

namespace tapestry::vae::exact {

/// q(z|x) that goes forward in time: each state from the one before and a window of w observations. The noise
/// of a step is root root^T; observations after the last one count as 0.
///
///     z_1 = start_gain (x_1 .. x_w)                     + start_root e_1
///     z_t = carry z_{t-1} + gain (x_t .. x_{t+w-1})     + root e_t
struct WindowPosterior {
  Tensor carry;       ///< [K, K]
  Tensor gain;        ///< [K, w D]
  Tensor root;        ///< [K, K], of full rank
  Tensor start_gain;  ///< [K, w D]
  Tensor start_root;  ///< [K, K], as root

  /// p(z_t|z_{t-1}, x_t .. x_{t+w-1}), and p(z_1|x_1 .. x_w): exact given the state before and the window. These
  /// are not the best steps, since the state before was drawn without what comes after its own window. ConfigError
  /// for a window below 1.
  static WindowPosterior of(const Chain& chain, std::int64_t window);
};
/// Gaps of posteriors of a chain of T steps.
class ChainGap {
 public:
  /// ConfigError for less than one step.
  ChainGap(const Chain& chain, std::int64_t steps);

  Tensor of(const WindowPosterior& q) const;
  /// Of the best normal q(z_t|z_{t-1}, x_1 .. x_t) at every step: what a posterior misses that reads each x only
  /// when its time has come.
  Tensor of_filter() const;
  /// Of the best q in which all K T numbers are independent given x.
  Tensor of_independent() const;
  /// Entropy of x_1 .. x_T: -E log p(x).
  Tensor entropy() const;

 private:
  const Chain chain_;
  const std::int64_t steps_;
  Tensor of_x_;  ///< Cov(x_1 .. x_T), [TD, TD]
};

}  // namespace tapestry::vae::exact
