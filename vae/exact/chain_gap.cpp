#include "vae/exact/chain_gap.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "autograd/ops.hpp"
#include "vae/exact/matrices.hpp"

namespace tapestry::vae::exact {

namespace {

Tensor product(const Tensor& a, const Tensor& b) { return matmul(a, b); }
Tensor transposed_times(const Tensor& a, const Tensor& b) {
  return matmul(a, b, {.transpose_left = true});
}
/// A^T P A.
Tensor carried_back(const Tensor& a, const Tensor& p) { return transposed_times(a, product(p, a)); }

Tensor trace(const Tensor& a) { return sum(a * eye(a.dim(0), a.dtype())); }
Tensor diagonal(const Tensor& a) { return sum(a * eye(a.dim(0), a.dtype()), -1); }

std::int64_t positive(std::int64_t count, const char* what) {
  check<ConfigError>(count >= 1, "{} has 1 step or more, not {}", what, count);
  return count;
}

/// What x_t says of z_t as a precision, C^T R^-1 C.
Tensor seen_precision(const Chain& c) { return carried_back(c.emission, inverse_of(c.noise_cov)); }

/// The precision of what x_{t+1} .. x_{t+ahead} say of z_t, for ahead = 0, 1, ..., steps - 1.
std::vector<Tensor> precisions_ahead(const Chain& c, std::int64_t steps) {
  const Tensor move = inverse_of(c.motion_cov), seen = seen_precision(c);
  std::vector<Tensor> found{zeros_like(c.motion_cov)};
  while (std::ssize(found) < steps) {
    const Tensor next = found.back() + seen;  // of z_{t+1}; then the motion makes it uncertain
    const Tensor left = next - product(next, product(inverse_of(next + move), next));
    found.push_back(carried_back(c.transition, left));
  }
  return found;
}

/// Cov(x_1 .. x_T), [TD, TD].
Tensor covariance_of_outputs(const Chain& c, std::int64_t steps) {
  std::vector<Tensor> rows;
  for (std::int64_t s = 1; s <= steps; ++s) {
    std::vector<Tensor> row;
    for (std::int64_t t = 1; t <= steps; ++t)
      row.push_back(s <= t ? c.covariance(s, t) : transpose(c.covariance(t, s)));
    rows.push_back(concat(row, 1));
  }
  return concat(rows, 0);
}

/// E of -log N(e; 0, noise) for errors e of this covariance.
Tensor cross_entropy(const Tensor& covariance, const Tensor& noise) {
  const auto k = static_cast<double>(noise.dim(0));
  return 0.5 * (trace(product(inverse_of(noise), covariance)) + log_det(noise) +
                k * std::log(2 * std::numbers::pi));
}
Tensor entropy_of(const Tensor& covariance) { return cross_entropy(covariance, covariance); }

/// [K, wD] as [K, TD]: the window from step t (from 0), cut at the end.
Tensor placed(const Tensor& gain, std::int64_t t, std::int64_t outputs, std::int64_t steps) {
  const std::int64_t k = gain.dim(0), before = t * outputs, all = steps * outputs;
  const std::int64_t width = std::min<std::int64_t>(gain.dim(1), all - before);
  std::vector<Tensor> parts;
  if (before > 0) parts.push_back(zeros({k, before}, gain.dtype()));
  parts.push_back(slice(gain, 1, 0, width));
  if (before + width < all) parts.push_back(zeros({k, all - before - width}, gain.dtype()));
  return concat(parts, 1);
}

}  // namespace

WindowPosterior WindowPosterior::of(const Chain& c, std::int64_t window) {
  positive(window, "a window of a posterior");
  // What x_t .. x_{t+w-1} tell of z_t is a vector, linear in them, and its precision. Through a motion back in time
  // each of both is carried by A^T Q^-1 (precision + Q^-1)^-1.
  const Tensor move = inverse_of(c.motion_cov);
  const std::vector<Tensor> ahead = precisions_ahead(c, window);
  const Tensor seen = seen_precision(c);
  const Tensor weight = transposed_times(c.emission, inverse_of(c.noise_cov));  // C^T R^-1
  Tensor tells = weight;  // of the last x of the window about its own state, then of all about z_t
  for (std::int64_t left = 1; left < window; ++left) {
    const Tensor next = ahead[static_cast<std::size_t>(left - 1)] + seen;
    const Tensor back = transposed_times(c.transition, product(move, inverse_of(next + move)));
    tells = concat({weight, product(back, tells)}, 1);
  }
  const Tensor known = ahead.back() + seen;
  const Tensor covariance = inverse_of(known + move);
  const Tensor start = inverse_of(known + inverse_of(c.start_cov));
  return {.carry = product(covariance, product(move, c.transition)),
          .gain = product(covariance, tells),
          .root = cholesky(covariance),
          .start_gain = product(start, tells),
          .start_root = cholesky(start)};
}

ChainGap::ChainGap(const Chain& chain, std::int64_t steps)
    : chain_(chain),
      steps_(positive(steps, "a chain")),
      of_x_(covariance_of_outputs(chain, steps)) {}

Tensor ChainGap::of(const WindowPosterior& q) const {
  const Chain& c = chain_;
  const std::int64_t outputs = c.outputs();
  // E log q(z|x) - E log p(x, z) - H(x), step by step. Under q, z_t = mean x + noise of covariance `spread`.
  Tensor total = -entropy(), mean, spread;
  for (std::int64_t t = 0; t < steps_; ++t) {
    const Tensor noise = carried(t == 0 ? q.start_root : q.root, eye(c.states(), q.root.dtype()));
    const Tensor input = placed(t == 0 ? q.start_gain : q.gain, t, outputs, steps_);
    const Tensor mean_before = mean, spread_before = spread;
    mean = t == 0 ? input : product(q.carry, mean_before) + input;
    spread = t == 0 ? noise : carried(q.carry, spread_before) + noise;
    // z_t - A z_{t-1} is (mean - A mean_before) x + (carry - A) z'_{t-1} + e_t.
    const Tensor moved = t == 0 ? mean : mean - product(c.transition, mean_before);
    Tensor motion = carried(moved, of_x_) + noise;
    if (t > 0) motion = motion + carried(q.carry - c.transition, spread_before);
    // x_t - C z_t is (select - C mean) x - C z'_t.
    const Tensor select = placed(eye(outputs, q.root.dtype()), t, outputs, steps_);
    const Tensor error =
        carried(select - product(c.emission, mean), of_x_) + carried(c.emission, spread);
    total = total - entropy_of(noise) + cross_entropy(motion, t == 0 ? c.start_cov : c.motion_cov) +
            cross_entropy(error, c.noise_cov);
  }
  return total;
}

Tensor ChainGap::of_filter() const {
  const Chain& c = chain_;
  // p(z_t|z_{t-1}, x_t .. x_T) has the precision Q^-1 + C^T R^-1 C + W, and its mean moves with the vector that the x
  // to come tell of z_t: W (z_t + e) with e ~ N(0, W^-1). Given x_1 .. x_t its covariance is W P W + W.
  const std::vector<Tensor> ahead = precisions_ahead(c, steps_);
  const Tensor seen = seen_precision(c), move = inverse_of(c.motion_cov);
  const StatePath filtered =
      kalman_filter(c, zeros({1, steps_, c.outputs()}, c.noise_cov.dtype())).path;
  Tensor total = zeros({}, seen.dtype());
  for (std::int64_t t = 0; t < steps_; ++t) {
    const Tensor& w = ahead[static_cast<std::size_t>(steps_ - 1 - t)];
    const Tensor p = reshape(slice(filtered.covariance, 0, t, t + 1), {c.states(), c.states()});
    const Tensor step = inverse_of(seen + w + (t == 0 ? inverse_of(c.start_cov) : move));
    total = total + 0.5 * trace(product(step, product(w, product(p, w)) + w));
  }
  return total;
}

Tensor ChainGap::of_independent() const {
  const Chain& c = chain_;
  // (sum of the logs of the diagonal - log det) / 2, of the precision of z given x.
  const Tensor move = inverse_of(c.motion_cov), seen = seen_precision(c);
  const Tensor onward = carried_back(c.transition, move);
  const double later = static_cast<double>(steps_ - 1), all = static_cast<double>(steps_);
  Tensor sum_of_logs = zeros({}, move.dtype());
  for (std::int64_t t = 0; t < steps_; ++t) {
    const Tensor before = t == 0 ? inverse_of(c.start_cov) : move;
    sum_of_logs =
        sum_of_logs + sum(log(diagonal(t + 1 < steps_ ? before + seen + onward : before + seen)));
  }
  // det(prior precision) det(Cov x) / det(R)^T
  const Tensor log_det_of_all = log_det(of_x_) - all * log_det(c.noise_cov) - log_det(c.start_cov) -
                                later * log_det(c.motion_cov);
  return 0.5 * (sum_of_logs - log_det_of_all);
}

Tensor ChainGap::entropy() const { return entropy_of(of_x_); }

}  // namespace tapestry::vae::exact
