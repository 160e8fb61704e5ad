#include "vae/inference/row_mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/constraint.hpp"
#include "autograd/kernels/nearest_rows.hpp"
#include "autograd/kernels/symmetric_eigen.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {

namespace {

Tensor squared_distance(const Tensor& rows, const Tensor& centres, const Tensor& nearest) {
  return sum(square(rows - take_rows(centres, nearest)), -1);
}

Tensor members(const Tensor& nearest, std::int64_t K, DType dtype) {  // [N, K]
  return take_rows(eye(K, dtype), nearest);
}

void check_rows(const char* name, const Tensor& rows, std::int64_t K) {
  check<ShapeError>(rows.rank() == 2, "{}: rows must be [N, D], not {}", name, rows.shape());
  check<ConfigError>(K >= 1 && K <= rows.dim(0), "{}: {} clusters of {} rows", name, K,
                     rows.dim(0));
  check_values(name, "rows", rows, kFinite);
}

/// k-means++ (Arthur and Vassilvitskii 2007).
Tensor spread_rows(const Tensor& rows, std::int64_t K, Rng& rng) {
  Tensor centres = slice(rows, 0, 0, 0);
  std::int64_t next = rng.below(rows.dim(0));
  for (std::int64_t k = 0;; ++k) {
    centres = concat({centres, slice(rows, 0, next, next + 1)}, 0);
    if (k + 1 == K) return centres;
    const auto far =
        cumsum(squared_distance(rows, centres, nearest_rows(rows, centres)).to(DType::f64));
    const std::vector<double> up_to = far.to_vector();
    const double at = rng.uniform() * up_to.back();
    next = std::min(std::lower_bound(up_to.begin(), up_to.end(), at) - up_to.begin(),
                    std::ssize(up_to) - 1);
  }
}

KMeans lloyd(const Tensor& rows, Tensor centres, int max_steps) {
  const std::int64_t K = centres.dim(0);
  Tensor nearest = nearest_rows(rows, centres);
  for (int step = 0; step < max_steps; ++step) {
    const Tensor in = members(nearest, K, rows.dtype());
    const Tensor count = reshape(sum(in, 0), {K, 1});
    const Tensor mean = matmul(in, rows, {.transpose_left = true}) / maximum(count, 1.0);
    centres = where(greater(count, 0.0), mean, centres);
    const Tensor then = nearest_rows(rows, centres);
    if (then.to_vector() == nearest.to_vector()) break;
    nearest = then;
  }
  return {centres, nearest, mean(squared_distance(rows, centres, nearest)).item()};
}

}  // namespace

KMeans k_means(const Tensor& rows, std::int64_t K, Rng& rng, int starts, int max_steps) {
  const NoGrad no_grad;
  check_rows("k_means", rows, K);
  check<ConfigError>(starts >= 1, "k_means: starts must be at least 1, not {}", starts);
  KMeans best{{}, {}, std::numeric_limits<double>::infinity()};
  for (int start = 0; start < starts; ++start) {
    KMeans found = lloyd(rows, spread_rows(rows, K, rng), max_steps);
    if (found.squared_error < best.squared_error) best = std::move(found);
  }
  return best;
}

ScaledKMeans scaled_k_means(const Tensor& rows, std::int64_t K, Rng& rng, int max_rounds) {
  const NoGrad no_grad;
  check_rows("scaled_k_means", rows, K);
  ScaledKMeans of;
  of.to = of.back = eye(rows.dim(1), rows.dtype());
  const double rounding = rows.dtype() == DType::f32 ? 1e-6 : 1e-13;  // of a covariance, relative
  // Coordinates in which `off`, in those of now, has the identity as covariance: off * the result.
  const auto rescale = [&](const Tensor& off) {
    const Tensor W = matmul(off, off, {.transpose_left = true}) / static_cast<double>(rows.dim(0));
    const auto [values, V] = symmetric_eigen(W);
    const double most = values.at({0}), least = values.at({rows.dim(1) - 1});
    check<DomainError>(
        least > rounding * most,
        "scaled_k_means: the rows, or those of the clusters, lie in fewer than {} dimensions: "
        "their variance is {:.2g} "
        "in one direction and {:.2g} in another; leave out columns that others determine",
        rows.dim(1), least, most);
    const auto power = [&, &V = V](const Tensor& of_values) {  // V diag(of_values) V^T
      return matmul(V * of_values, V, {.transpose_right = true});
    };
    const Tensor scale = power(1.0 / sqrt(values));
    of.to = matmul(of.to, scale);
    of.back = matmul(power(sqrt(values)), of.back);
    return scale;
  };
  rescale(rows - mean(rows, 0));
  of.clusters = k_means(matmul(rows, of.to), K, rng);
  for (int round = 0; round < max_rounds; ++round) {
    const Tensor now = matmul(rows, of.to);
    const Tensor scale = rescale(now - take_rows(of.clusters.centres, of.clusters.nearest));
    KMeans next = lloyd(matmul(now, scale), matmul(of.clusters.centres, scale), 100);
    const bool rests = next.nearest.to_vector() == of.clusters.nearest.to_vector();
    of.clusters = std::move(next);
    if (rests) break;
  }
  return of;
}

Tensor RowMixture::log_joint(const Tensor& rows) const {
  const Tensor each = prob::mixture::with_component_axis(rows, 1);
  return log_softmax(logits) + prob::Normal(loc, scale, 1).log_prob(each);
}

RowMixture mixture_of(const Tensor& rows, const Tensor& q, double min_scale) {
  const NoGrad no_grad;
  check<ShapeError>(rows.rank() == 2 && q.rank() == 2 && q.dim(0) == rows.dim(0),
                    "em: rows must be [N, D] and q [N, K], not {} and {}", rows.shape(), q.shape());
  const Tensor count = reshape(sum(q, 0), {-1, 1});
  check_values("em", "responsibility of a component over all rows", count, kPositive);
  const Tensor loc = matmul(q, rows, {.transpose_left = true}) / count;
  // About each component's own mean: a difference of squares would lose its digits.
  std::vector<Tensor> squares;
  for (std::int64_t k = 0; k < q.dim(1); ++k)
    squares.push_back(matmul(slice(q, 1, k, k + 1), square(rows - slice(loc, 0, k, k + 1)),
                             {.transpose_left = true}));
  return {.logits = log(reshape(count, {-1}) / static_cast<double>(rows.dim(0))),
          .loc = loc,
          .scale = maximum(sqrt(concat(squares, 0) / count), min_scale)};
}

RowMixtureFit fit_row_mixture(const Tensor& rows, const KMeans& start, const EmOptions& options) {
  const NoGrad no_grad;
  const Tensor in = members(start.nearest, start.centres.dim(0), rows.dtype());
  RowMixtureFit fit{.mixture = mixture_of(rows, in, options.min_scale), .log_px = {}};
  for (int step = 0;; ++step) {
    const Tensor log_joint = fit.mixture.log_joint(rows);
    const double now = mean(logsumexp(log_joint, -1)).item();
    const bool rests = step > 0 && now - fit.log_px.back() <= options.tolerance * std::fabs(now);
    fit.log_px.push_back(now);
    if (rests || step == options.max_steps) return fit;
    fit.mixture = mixture_of(rows, softmax(log_joint), options.min_scale);
  }
}

}  // namespace tapestry::vae
