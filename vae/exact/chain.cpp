#include "vae/exact/chain.hpp"

#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/multivariate_normal.hpp"
#include "vae/exact/matrices.hpp"

namespace tapestry::vae::exact {

namespace {

using prob::MultivariateNormal;

/// Step t of a sequence: [B, T, n] to [B, n].
Tensor at_step(const Tensor& sequence, std::int64_t t) {
  return reshape(slice(sequence, 1, t, t + 1), sequence.shape().without(1));
}

/// Vectors as rows: A v for each of them.
Tensor rows_times(const Tensor& rows, const Tensor& a) {
  return matmul(rows, a, {.transpose_right = true});
}

/// The G with G S = B, for a symmetric positive definite S: B S^-1.
Tensor gain_of(const Tensor& b, const Tensor& s) {
  const Tensor l = cholesky(s);
  const Tensor solved = triangular_solve(l, triangular_solve(l, transpose(b)), {.transpose = true});
  return transpose(solved);
}

void check_sequence(const char* what, const Tensor& sequence, std::int64_t width) {
  if (sequence.rank() != 3 || sequence.dim(1) < 1 || sequence.dim(2) != width) [[unlikely]]
    fail<ShapeError>("Chain", fmt::format("{} must be [B, T, {}] with T >= 1, not {}", what, width,
                                          sequence.shape()));
}

StatePath path_of(const std::vector<Tensor>& means, const std::vector<Tensor>& covariances) {
  return {stack(means, 1), stack(covariances, 0)};
}

}  // namespace

Chain Chain::example() {
  const double fade = 0.95, turn = 0.4;  // a sixteenth of a circle a step
  const double c = fade * std::cos(turn), s = fade * std::sin(turn);
  return {.start_mean = zeros({2}),
          .start_cov = eye(2),
          .transition = tensor({{c, -s}, {s, c}}),
          .motion_cov = 0.05 * eye(2),
          .emission = tensor({{1.0, 0.0}}),
          .noise_cov = 0.2 * eye(1)};
}

Tensor Chain::log_joint(const Tensor& x, const Tensor& z) const {
  check_sequence("x", x, outputs());
  check_sequence("z", z, states());
  const std::int64_t steps = z.dim(1);
  const Tensor start = at_step(z, 0);
  const Tensor seen =
      MultivariateNormal::from_covariance(rows_times(z, emission), noise_cov).log_prob(x);
  Tensor log_p =
      MultivariateNormal::from_covariance(start_mean, start_cov).log_prob(start) + sum(seen, -1);
  if (steps == 1) return log_p;
  const Tensor before = slice(z, 1, 0, steps - 1), after = slice(z, 1, 1, steps);
  const auto moved =
      MultivariateNormal::from_covariance(rows_times(before, transition), motion_cov);
  return log_p + sum(moved.log_prob(after), -1);
}

Tensor Chain::covariance(std::int64_t s, std::int64_t t) const {
  check<ConfigError>(s >= 1 && t >= s,
                     "a chain's covariance is of steps 1 <= s <= t, not {} and {}", s, t);
  Tensor p = start_cov;  // Cov(z_s), then Cov(z_t, z_s)
  for (std::int64_t step = 1; step < s; ++step) p = carried(transition, p) + motion_cov;
  for (std::int64_t step = s; step < t; ++step) p = matmul(transition, p);
  const Tensor seen = carried(emission, p);
  return s == t ? seen + noise_cov : transpose(seen);
}

Tensor Chain::log_px(const Tensor& x) const { return kalman_filter(*this, x).log_px; }

Draw Chain::sample(Rng& rng, std::int64_t sequences, std::int64_t length) const {
  check<ConfigError>(sequences >= 1 && length >= 1,
                     "a chain is sampled for at least 1 sequence of at least 1 step, not {} of {}",
                     sequences, length);
  const NoGrad no_grad;
  std::vector<Tensor> z{
      MultivariateNormal::from_covariance(start_mean, start_cov).sample(rng, {sequences})};
  while (static_cast<std::int64_t>(z.size()) < length)
    z.push_back(MultivariateNormal::from_covariance(rows_times(z.back(), transition), motion_cov)
                    .sample(rng));
  const Tensor path = stack(z, 1);
  return {path,
          MultivariateNormal::from_covariance(rows_times(path, emission), noise_cov).sample(rng)};
}

Filtered kalman_filter(const Chain& chain, const Tensor& x) {
  check_sequence("x", x, chain.outputs());
  const Tensor &a = chain.transition, &c = chain.emission;
  Tensor mean = broadcast_to(chain.start_mean, {x.dim(0), chain.states()});
  Tensor cov = chain.start_cov;
  Tensor log_px;
  std::vector<Tensor> means, covs, predicted_means, predicted_covs;
  for (std::int64_t t = 0; t < x.dim(1); ++t) {
    if (t > 0) {
      mean = rows_times(mean, a);
      cov = carried(a, cov) + chain.motion_cov;
    }
    predicted_means.push_back(mean);
    predicted_covs.push_back(cov);

    const Tensor expected = rows_times(mean, c);  // the prediction of x_t is N(expected, s)
    const Tensor s = carried(c, cov) + chain.noise_cov;
    const Tensor log_step =
        MultivariateNormal::from_covariance(expected, s).log_prob(at_step(x, t));
    log_px = t == 0 ? log_step : log_px + log_step;

    const Tensor seen = matmul(cov, c, {.transpose_right = true});
    const Tensor gain = gain_of(seen, s);  // [K, D]
    mean = mean + rows_times(at_step(x, t) - expected, gain);
    cov = cov - matmul(gain, seen, {.transpose_right = true});
    means.push_back(mean);
    covs.push_back(cov);
  }
  return {path_of(means, covs), path_of(predicted_means, predicted_covs), log_px};
}

StatePath kalman_smoother(const Chain& chain, const Tensor& x) {
  const auto [path, predicted, log_px] = kalman_filter(chain, x);
  const std::int64_t steps = x.dim(1), k = chain.states();
  const auto covariance = [&](const StatePath& of, std::int64_t t) {
    return reshape(slice(of.covariance, 0, t, t + 1), {k, k});
  };
  std::vector<Tensor> means(static_cast<std::size_t>(steps)), covs(means.size());
  means.back() = at_step(path.mean, steps - 1);
  covs.back() = covariance(path, steps - 1);
  for (std::int64_t t = steps - 2; t >= 0; --t) {
    const auto i = static_cast<std::size_t>(t);
    const Tensor cov = covariance(path, t), next = covariance(predicted, t + 1);
    const Tensor gain = gain_of(matmul(cov, chain.transition, {.transpose_right = true}), next);
    const Tensor surprise = means[i + 1] - at_step(predicted.mean, t + 1);
    means[i] = at_step(path.mean, t) + rows_times(surprise, gain);
    covs[i] = cov + carried(gain, covs[i + 1] - next);
  }
  return path_of(means, covs);
}

}  // namespace tapestry::vae::exact
