#include "vae/inference/em.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

exact::NormalMixture maximization_step(const Tensor& x, const Tensor& q, double min_scale) {
  const NoGrad no_grad;
  check<ShapeError>(x.rank() == 1 && q.rank() == 2 && q.dim(0) == x.dim(0),
                    "em: x must be [N] and q [N,K], not {} and {}", x.shape(), q.shape());
  const Tensor points = reshape(x, {-1, 1}), count = sum(q, 0);
  check_values("em", "responsibility of a component over all data", count, kPositive);
  const Tensor means = sum(q * points, 0) / count;
  const Tensor variances = sum(q * square(points - means), 0) / count;
  return {.logits = log(count / static_cast<double>(x.size())),
          .loc = means,
          .scale = maximum(sqrt(variances), min_scale)};
}

EmResult em(const Tensor& x, const exact::NormalMixture& start, const EmOptions& options) {
  const NoGrad no_grad;
  check<ConfigError>(options.max_steps >= 1, "em: max_steps must be at least 1, not {}",
                     options.max_steps);
  check<ConfigError>(options.min_scale > 0, "em: min_scale must be positive, not {}",
                     options.min_scale);
  EmResult result{
      .mixture = start, .log_likelihood = {sum(start.log_px(x)).item()}, .converged = false};
  for (int step = 0; step < options.max_steps && !result.converged; ++step) {
    result.mixture = maximization_step(x, result.mixture.responsibilities(x), options.min_scale);
    const double before = result.log_likelihood.back();
    const double after = sum(result.mixture.log_px(x)).item();
    result.log_likelihood.push_back(after);
    result.converged = after - before <= options.tolerance * std::fabs(after);
  }
  return result;
}

}  // namespace tapestry::vae
