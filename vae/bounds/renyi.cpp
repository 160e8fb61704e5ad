#include "vae/bounds/renyi.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "vae/bounds/importance.hpp"

namespace tapestry::vae {

namespace {

/// The largest distance of a log weight from the mean of its image.
double spread(const Tensor& log_w) {
  return log_w.size() > 0 ? max(abs(log_w - mean(log_w, 0))).item() : kInfinity;
}

}  // namespace

Tensor renyi_bound(const Tensor& log_w, double alpha) {
  check_log_weights(log_w);
  check<ConfigError>(std::isfinite(alpha), "the order of a Renyi bound must be finite, not {}",
                     alpha);
  if (alpha == 1) return mean(log_w, 0);
  const double power = 1 - alpha;
  if (std::fabs(power) * spread(log_w.detach()) < 0.5) {
    // Next to 1 the digits of a logarithm of nearly 1 would be lost.
    const Tensor average = mean(log_w, 0);
    return average + log1p(mean(expm1(power * (log_w - average)), 0)) / power;
  }
  return (1 / power) * prob::log_mean_exp(power * log_w);
}

}  // namespace tapestry::vae
