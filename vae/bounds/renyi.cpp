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
  if (alpha == 1) return mean(log_w, 0);
  return (1 / (1 - alpha)) * prob::log_mean_exp((1 - alpha) * log_w);
}

}  // namespace tapestry::vae
