#include "vae/inference/em.hpp"

#include <cmath>
#include <limits>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"

namespace tapestry::vae {
namespace {

// x [N] as [N, 1], to be compared with every component.
Tensor column(const Tensor& x) {
  check<ShapeError>(x.rank() == 1, "em: x must be a list of numbers [N], not {}", x.shape());
  return reshape(x, {-1, 1});
}

void check_mixture(const Mixture1d& m) {
  const Shape& shape = m.weights.shape();
  check<ShapeError>(shape.rank() == 1 && m.means.shape() == shape && m.scales.shape() == shape,
                    "em: weights {}, means {} and scales {} must all be [K]", shape,
                    m.means.shape(), m.scales.shape());
  prob::check_values("em", "weights", m.weights, prob::kPositive);
  prob::check_sums("em", "weights", m.weights, 1);
}

}  // namespace

prob::Mixture<prob::Normal> Mixture1d::distribution() const {
  return {log(weights), prob::Normal(means, scales)};
}

Tensor log_joint(const Mixture1d& mixture, const Tensor& x) {
  return log(mixture.weights) + prob::Normal(mixture.means, mixture.scales).log_prob(column(x));
}

Tensor log_likelihood(const Mixture1d& mixture, const Tensor& x) {
  return sum(logsumexp(log_joint(mixture, x), -1));
}

Tensor elbo(const Mixture1d& mixture, const Tensor& x, const Tensor& q) {
  const double tiny = std::numeric_limits<float>::min();
  return sum(where(greater(q, 0.0), q * (log_joint(mixture, x) - log(maximum(q, tiny))), 0.0));
}

Tensor expectation_step(const Mixture1d& mixture, const Tensor& x) {
  const NoGrad numbers;
  return softmax(log_joint(mixture, x), -1);
}

Mixture1d maximization_step(const Tensor& x, const Tensor& q, double min_scale) {
  const NoGrad numbers;
  const Tensor points = column(x), count = sum(q, 0);
  prob::check_values("em", "responsibility of a component over all data", count, prob::kPositive);
  const Tensor means = sum(q * points, 0) / count;
  const Tensor variances = sum(q * square(points - means), 0) / count;
  return {.weights = count / static_cast<double>(x.size()),
          .means = means,
          .scales = maximum(sqrt(variances), min_scale)};
}

EmResult em(const Tensor& x, const Mixture1d& start, const EmOptions& options) {
  const NoGrad numbers;
  check<ConfigError>(options.max_steps >= 1, "em: max_steps must be at least 1, not {}",
                     options.max_steps);
  check<ConfigError>(options.min_scale > 0, "em: min_scale must be positive, not {}",
                     options.min_scale);
  check_mixture(start);
  EmResult result{
      .mixture = start, .log_likelihood = {log_likelihood(start, x).item()}, .converged = false};
  for (int step = 0; step < options.max_steps && !result.converged; ++step) {
    const Tensor q = expectation_step(result.mixture, x);
    result.mixture = maximization_step(x, q, options.min_scale);
    const double before = result.log_likelihood.back();
    const double after = log_likelihood(result.mixture, x).item();
    result.log_likelihood.push_back(after);
    result.converged = after - before <= options.tolerance * std::fabs(after);
  }
  return result;
}

}  // namespace tapestry::vae
