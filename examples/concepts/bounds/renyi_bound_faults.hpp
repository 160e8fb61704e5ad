#pragma once

#include "concepts/bounds/renyi_bound.hpp"

// Wrong versions of the Renyi bound.

namespace concepts {

inline Tensor factor_outside_missing(const Tensor& log_w, const Tensor& log_share, double alpha) {
  if (alpha == 1) return renyi(log_w, log_share, alpha);
  return logsumexp((1 - alpha) * log_w + log_share, 0);
}
/// The mean of logs for the log of the mean: the ELBO, whatever alpha is.
inline Tensor mean_of_logs(const Tensor& log_w, const Tensor& log_share, double) {
  return sum(exp(log_share) * log_w, 0);
}
/// A small number for the limit at alpha = 1: 0/0 becomes 0, and nothing is left of w.
inline Tensor without_limit(const Tensor& log_w, const Tensor& log_share, double alpha) {
  return logsumexp((1 - alpha) * log_w + log_share, 0) / (1 - alpha + 1e-9);
}

}  // namespace concepts
