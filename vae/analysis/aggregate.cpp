#include "vae/analysis/aggregate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

constexpr std::int64_t kRows = 2000, kPoints = 1000;  // of a block: 16 MB of densities

/// q as it counts: a row each, in f64, without a history.
prob::Normal rows_of(const char* caller, const prob::Normal& q) {
  check<ShapeError>(q.event_dims == 1 && q.shape().rank() == 2 && q.shape()[0] >= 1,
                    "{}: q must be one row of latents for each datum, [N, K] with event_dims = 1; "
                    "it has the shape {} and event_dims = {}",
                    caller, q.shape(), q.event_dims);
  const auto whole = [&](const Tensor& t) {
    return prob::expanded(t.detach().to(DType::f64), q.shape());
  };
  return {whole(q.loc), whole(q.scale), 1};
}

Tensor block(const Tensor& t, std::int64_t first, std::int64_t size) {
  return slice(t, 0, first, std::min(first + size, t.dim(0)));
}

/// log q(z_m|x_n) is linear in (z_m^2, z_m, 1): a matrix product for all n and m.
///
///     -z^2 / (2 s^2) + z mu / s^2 - sum_k (mu^2 / (2 s^2) + log s + log(2 pi) / 2)
struct Densities {
  Tensor of_square, of_z;  // [N, K]
  Tensor constant;         // [N]

  explicit Densities(const prob::Normal& q)
      : of_square(-0.5 / square(q.scale)),
        of_z(q.loc / square(q.scale)),
        constant(-sum(
            0.5 * square(q.loc / q.scale) + log(q.scale) + 0.5 * std::log(2 * std::numbers::pi),
            -1)) {}

  /// [M, rows] for z [M, K].
  Tensor operator()(const Tensor& z, std::int64_t first) const {
    const auto times = [](const Tensor& a, const Tensor& b) {
      return matmul(a, b, {.transpose_right = true});
    };
    return times(square(z), block(of_square, first, kRows)) + times(z, block(of_z, first, kRows)) +
           block(constant, first, kRows);
  }
};

}  // namespace

Tensor aggregate_log_prob(const prob::Normal& posteriors, const Tensor& points) {
  const NoGrad no_grad;
  const prob::Normal q = rows_of("aggregate_log_prob", posteriors);
  const std::int64_t data = q.shape()[0], latents = q.shape()[1];
  check<ShapeError>(points.rank() >= 1 && points.dim(-1) == latents,
                    "aggregate_log_prob: z must be [..., {}], not {}", latents, points.shape());
  if (points.size() == 0) return zeros(points.shape().without(-1), DType::f64);
  const Densities densities(q);
  const Tensor z = reshape(points.detach().to(DType::f64), {-1, latents});
  std::vector<Tensor> parts;
  for (std::int64_t m = 0; m < z.dim(0); m += kPoints) {
    std::vector<Tensor> sums;
    for (std::int64_t n = 0; n < data; n += kRows)
      sums.push_back(logsumexp(densities(block(z, m, kPoints), n), -1));
    parts.push_back(logsumexp(stack(sums, 0), 0) - std::log(static_cast<double>(data)));
  }
  return reshape(concat(parts, 0), points.shape().without(-1));
}

AggregateDraws aggregate_sample(const prob::Normal& posteriors, std::int64_t draws, Rng& rng) {
  check<ConfigError>(draws >= 1, "aggregate_sample: at least 1 draw, not {}", draws);
  const NoGrad no_grad;
  const prob::Normal q = rows_of("aggregate_sample", posteriors);
  std::vector<std::int32_t> row(static_cast<std::size_t>(draws));
  for (std::int32_t& n : row) n = static_cast<std::int32_t>(rng.below(q.shape()[0]));
  const Tensor index = index_tensor(row, {draws});
  const prob::Normal of_row(take_rows(q.loc, index), take_rows(q.scale, index), 1);
  const DTypeScope f64(DType::f64);
  const Tensor z = of_row.sample(rng);
  return {z, of_row.log_prob(z)};
}

KlSurgery kl_surgery(const prob::Normal& posteriors, std::int64_t draws, Rng& rng) {
  const NoGrad no_grad;
  const prob::Normal q = rows_of("kl_surgery", posteriors);
  const AggregateDraws drawn = aggregate_sample(q, draws, rng);
  KlSurgery parts;
  parts.information = prob::estimate(drawn.log_q - aggregate_log_prob(q, drawn.z));
  const Tensor kl = mean(sum(0.5 * (square(q.loc) + square(q.scale) - 1.0) - log(q.scale), -1));
  parts.marginal_kl = parts.information;
  parts.marginal_kl.mean = kl - parts.information.mean;
  return parts;
}

Tensor AggregateMoments::covariance() const {
  return of_means + mean_variance * eye(mean_variance.size(), mean_variance.dtype());
}

AggregateMoments aggregate_moments(const prob::Normal& q) {
  check<ShapeError>(
      q.shape().rank() == 2,
      "aggregate_moments: q must be one row of latents for each datum, [N, K], not {}", q.shape());
  const Tensor loc = prob::expanded(q.loc, q.shape());
  const Tensor centre = mean(loc, 0), away = loc - centre;
  return {
      .mean = centre,
      .of_means = matmul(away, away, {.transpose_left = true}) / static_cast<double>(q.shape()[0]),
      .mean_variance = mean(prob::expanded(square(q.scale), q.shape()), 0)};
}

double hole_share(const prob::Normal& q, const Tensor& z, Rng& rng, double quantile) {
  check<DomainError>(0 < quantile && quantile < 1, "hole_share: quantile {}, expected 0 to 1",
                     quantile);
  check<ShapeError>(z.size() > 0, "hole_share: no points, {}", z.shape());
  const std::vector<double> at = aggregate_log_prob(q, z).to_vector();
  const std::int64_t points = std::ssize(at);
  std::vector<double> own = aggregate_log_prob(q, aggregate_sample(q, points, rng).z).to_vector();
  const auto limit =
      own.begin() + static_cast<std::int64_t>(quantile * static_cast<double>(points));
  std::ranges::nth_element(own, limit);
  const auto below = std::ranges::count_if(at, [&](double v) { return v < *limit; });
  return static_cast<double>(below) / static_cast<double>(points);
}

}  // namespace tapestry::vae
