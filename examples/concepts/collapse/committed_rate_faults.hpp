#pragma once

#include "concepts/collapse/committed_rate.hpp"

// Wrong versions of the floors.

namespace concepts {

/// The floor under the KL of each image, not under the mean of the minibatch.
inline Tensor floor_for_each_image(const Tensor& kl, double least) {
  return sum(mean(maximum(kl, least), 0));
}
/// Below the floor nothing is charged, in the place of the floor.
inline Tensor nothing_below(const Tensor& kl, double least) {
  const Tensor nats = mean(kl, 0);
  return sum(where(less(nats, least), 0.0, nats));
}
/// What was charged, called a bound.
inline Tensor bound_with_floor(const Tensor& log_lik, const Tensor& kl, double least) {
  return log_lik - vae::free_bits(kl, least);
}
inline Tensor elbo_of_groups(const Tensor& log_lik, const Tensor& kl, double) {
  return log_lik - sum(kl, -1);
}

}  // namespace concepts
