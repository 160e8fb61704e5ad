#include "vae/bounds/total_correlation.hpp"

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "prob/standard_normal.hpp"

namespace tapestry::vae {
namespace {

void check_rows(const prob::Normal& q) {
  check<ShapeError>(q.event_dims == 1 && q.shape().rank() == 2,
                    "split_kl: q must be one row of latents for each datum, [M, K] with event_dims "
                    "= 1; it has the shape {} and event_dims = {}",
                    q.shape(), q.event_dims);
}

void check_batch(std::int64_t batch, std::int64_t data) {
  check<ConfigError>(2 <= batch && batch <= data, "a minibatch holds 2 to {} of {} data, not {}",
                     data, data, batch);
}

// Trapezoid rule for E f(e), e ~ N(0, 1): for smooth f its error falls faster than any power.
struct Nodes {
  Tensor at, weight;  // [n]
};
Nodes standard_normal_nodes(DType dtype) {
  constexpr std::int64_t kNodes = 40;
  const DTypeScope scope(dtype);
  const Tensor at = linspace(-7.5, 7.5, kNodes);
  const Tensor density = exp(-0.5 * square(at));
  return {at, density / sum(density)};
}

}  // namespace

Tensor KlSplit::sum() const { return mutual_information + total_correlation + dimension_wise; }

KlSplit split_kl(const prob::Normal& q, const Tensor& z, const Tensor& log_weights) {
  check_rows(q);
  const std::int64_t rows = q.shape()[0], latents = q.shape()[1];
  check<ShapeError>(z.rank() >= 2 && z.dim(-2) == rows && z.dim(-1) == latents,
                    "split_kl: z must be [..., {}, {}], one draw for each row of q; it is {}", rows,
                    latents, z.shape());
  check<ShapeError>(log_weights.shape() == Shape{rows} || log_weights.shape() == Shape{rows, rows},
                    "split_kl: log_weights must be [{}] or [{}, {}], not {}", rows, rows, rows,
                    log_weights.shape());
  // each[..., i, j, k] = log q(z_ik | x_j)
  const Tensor z_i = reshape(z, z.shape().inserted(z.rank() - 1, 1));
  const Tensor each = prob::Normal(q.loc, q.scale).log_prob(z_i);
  const Tensor log_q = logsumexp(sum(each, -1) + log_weights, -1);
  const Tensor weights = reshape(log_weights, log_weights.shape().inserted(log_weights.rank(), 1));
  const Tensor log_marginals = sum(logsumexp(each + weights, -2), -1);

  const Tensor log_prior = prob::StandardNormal(z.shape(), 1).log_prob(z);
  return {q.log_prob(z) - log_q, log_q - log_marginals, log_marginals - log_prior};
}

KlSplit exact_kl_split(const prob::Normal& q) {
  check_rows(q);
  const std::int64_t rows = q.shape()[0], latents = q.shape()[1];
  check<ConfigError>(latents <= 3,
                     "exact_kl_split: {} latents are too many for quadrature, use "
                     "split_kl with draws",
                     latents);
  // All combinations of the nodes, one latent after the other: noise [S, K], weight [S].
  const Nodes nodes = standard_normal_nodes(q.loc.dtype());
  const std::int64_t n = nodes.at.dim(0);
  Tensor noise = reshape(nodes.at, {n, 1}), weight = nodes.weight;
  for (std::int64_t k = 1; k < latents; ++k) {
    const std::int64_t old = weight.dim(0);
    const Tensor first = broadcast_to(reshape(noise, {old, 1, k}), {old, n, k});
    const Tensor last = broadcast_to(reshape(nodes.at, {1, n, 1}), {old, n, 1});
    noise = reshape(concat({first, last}, 2), {old * n, k + 1});
    weight = reshape(reshape(weight, {old, 1}) * nodes.weight, {old * n});
  }
  const Tensor z = q.loc + q.scale * reshape(noise, {weight.dim(0), 1, latents});
  const KlSplit at = split_kl(q, z, full({rows}, -std::log(static_cast<double>(rows)), z.dtype()));
  const auto average = [&](const Tensor& part) { return sum(mean(part, 1) * weight); };
  return {average(at.mutual_information), average(at.total_correlation),
          average(at.dimension_wise)};
}

Tensor all_rows(std::int64_t data) { return full({data}, -std::log(static_cast<double>(data))); }

Tensor weighted_rows(std::int64_t batch, std::int64_t data) {
  check_batch(batch, data);
  return full({batch}, -std::log(static_cast<double>(data)) - std::log(static_cast<double>(batch)));
}

Tensor stratified_rows(std::int64_t batch, std::int64_t data) {
  check_batch(batch, data);
  const double n = static_cast<double>(data), others = static_cast<double>(batch - 1);
  const double own = 1 / n;
  return log(own * eye(batch) + (1 - own) / others * (1.0 - eye(batch)));
}

Tensor gaussian_total_correlation(const Tensor& covariance) {
  check<ShapeError>(covariance.rank() >= 2 && covariance.dim(-1) == covariance.dim(-2),
                    "gaussian_total_correlation: the covariance must be [..., K, K], not {}",
                    covariance.shape());
  // log det R = log det C - sum_k log C_kk
  const std::int64_t latents = covariance.dim(-1);
  const Tensor variances = sum(covariance * eye(latents, covariance.dtype()), -1);
  return 0.5 * (sum(log(variances), -1) - log_det(covariance));
}

}  // namespace tapestry::vae
