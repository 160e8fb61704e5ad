#include "vae/bounds/mmd.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::vae {
namespace {

using NormalMixture = prob::Mixture<prob::Normal>;

void check_bandwidths(const Bandwidths& bandwidths) {
  check<ConfigError>(!bandwidths.empty(), "mmd_squared: needs at least one bandwidth");
  for (const double h : bandwidths) check_value("mmd_squared", "bandwidth", h, kPositive);
}

/// k(x_i, y_j), [n, n].
Tensor kernels(const Tensor& x, const Tensor& y, const Bandwidths& bandwidths) {
  const Tensor squares = squared_distances(x, y);
  Tensor total = zeros({}, x.dtype());
  for (const double h : bandwidths) total = total + exp(squares * (-0.5 / (h * h)));
  return total / static_cast<double>(bandwidths.size());
}

/// For each i, the mean over j != i of the term above, [n].
Tensor terms(const Tensor& x, const Tensor& y, const Bandwidths& bandwidths) {
  check_bandwidths(bandwidths);
  check<ShapeError>(x.rank() == 2 && x.shape() == y.shape() && x.dim(0) >= 2,
                    "mmd_squared: needs x and y [n, D] of one shape with n >= 2, not {} and {}",
                    x.shape(), y.shape());
  check_values("mmd_squared", "x", x, kFinite);
  check_values("mmd_squared", "y", y, kFinite);
  const Tensor across = kernels(x, y, bandwidths);
  const Tensor all =
      kernels(x, x, bandwidths) + kernels(y, y, bandwidths) - across - transpose(across);
  const Tensor others = all * (1.0 - eye(x.dim(0), x.dtype()));
  return sum(others, -1) / static_cast<double>(x.dim(0) - 1);
}

/// E k(x, y) for x ~ p and y ~ q, a scalar.
Tensor mean_kernel(const NormalMixture& p, const NormalMixture& q, const Bandwidths& bandwidths) {
  // [..., K, D] as [..., K, 1, D]: each part of p against all of q.
  const auto in_rows = [](const Tensor& t) {
    return reshape(t, t.shape().inserted(std::max(t.rank() - 1, 0), 1));
  };
  const Tensor difference = in_rows(p.components.loc) - q.components.loc;
  const Tensor variance = square(in_rows(p.components.scale)) + square(q.components.scale);
  Tensor total = zeros({}, difference.dtype());
  for (const double h : bandwidths) {
    // h / c exp(-d^2 / 2 c^2) is the density N(d; 0, c^2) times h sqrt(2 pi).
    const double log_scale = std::log(h) + 0.5 * std::log(2 * std::numbers::pi);
    const Tensor log_density = normal_log_prob(difference, 0.0, sqrt(variance + h * h));
    const Tensor each = exp(sum(log_density + log_scale, -1));
    total = total + sum(reshape(p.probs(), {-1, 1}) * each * q.probs());
  }
  return total / static_cast<double>(bandwidths.size());
}

}  // namespace

Tensor squared_distances(const Tensor& x, const Tensor& y) {
  check<ShapeError>(x.rank() == 2 && y.rank() == 2 && x.dim(1) == y.dim(1),
                    "squared_distances: needs x [n, D] and y [m, D], not {} and {}", x.shape(),
                    y.shape());
  const Tensor products = matmul(x, y, {.transpose_right = true});
  const Tensor rows = sum(square(x), -1, true), columns = sum(square(y), -1);
  return relu(rows + columns - 2.0 * products);  // rounding can make a 0 negative
}

Tensor mmd_squared(const Tensor& x, const Tensor& y, const Bandwidths& bandwidths) {
  return mean(terms(x, y, bandwidths));
}

prob::Estimate estimate_mmd_squared(const Tensor& x, const Tensor& y,
                                    const Bandwidths& bandwidths) {
  const NoGrad no_grad;
  const prob::Estimate of_terms = prob::estimate(terms(x, y, bandwidths));
  // Each sample is in two places of the pairs, so that its part counts twice (Hoeffding 1948).
  return {of_terms.mean, 2.0 * of_terms.standard_error, of_terms.samples};
}

Tensor mmd_squared(const NormalMixture& p, const NormalMixture& q, const Bandwidths& bandwidths) {
  check_bandwidths(bandwidths);
  for (const NormalMixture* mixture : {&p, &q}) {
    const Shape shape = mixture->components.shape();
    check<ShapeError>(
        shape.rank() == 2 && mixture->event_dims == 1 && shape[1] == p.components.shape()[1],
        "mmd_squared: needs mixtures over vectors of one size, parts [K, D] with "
        "event_dims = 1, not {} with event_dims = {}",
        shape, mixture->event_dims);
  }
  return mean_kernel(p, p, bandwidths) + mean_kernel(q, q, bandwidths) -
         2.0 * mean_kernel(p, q, bandwidths);
}

}  // namespace tapestry::vae
