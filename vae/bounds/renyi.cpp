#include "vae/bounds/renyi.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "prob/monte_carlo.hpp"
#include "vae/bounds/importance.hpp"

namespace tapestry::vae {

Tensor renyi_bound(const Tensor& log_w, double alpha) {
  check_log_weights(log_w);
  check<ConfigError>(std::isfinite(alpha), "the order of a Renyi bound must be finite, not {}",
                     alpha);
  const Tensor average = mean(log_w, 0);
  if (alpha == 1) return average;
  const double power = 1 - alpha;
  const Tensor away = log_w - average;
  // Next to 1 the digits of a logarithm of nearly 1 would be lost.
  if (away.size() > 0 && std::fabs(power) * max(abs(away.detach())).item() < 0.5)
    return average + log1p(mean(expm1(power * away), 0)) / power;
  return (1 / power) * prob::log_mean_exp(power * log_w);
}

}  // namespace tapestry::vae
