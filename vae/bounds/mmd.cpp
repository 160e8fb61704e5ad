#include "vae/bounds/mmd.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace tapestry::vae {
namespace {

using NormalMixture = prob::Mixture<prob::Normal>;

/// The lengths, or their squares, that a kernel is the mean over.
void check_scales(const char* what, const std::vector<double>& scales) {
  check<ConfigError>(!scales.empty(), "mmd_squared: needs at least one {}", what);
  for (const double scale : scales) check_value("mmd_squared", what, scale, kPositive);
}
void check_kernel(const Bandwidths& bandwidths) { check_scales("bandwidth", bandwidths); }
void check_kernel(const InverseMultiquadratic& kernel) { check_scales("scale", kernel.scales); }

/// k of |x - y|^2, of the same shape.
Tensor kernel_of(const Tensor& squares, const Bandwidths& bandwidths) {
  Tensor total = zeros({}, squares.dtype());
  for (const double h : bandwidths) total = total + exp(squares * (-0.5 / (h * h)));
  return total / static_cast<double>(bandwidths.size());
}
Tensor kernel_of(const Tensor& squares, const InverseMultiquadratic& kernel) {
  Tensor total = zeros({}, squares.dtype());
  for (const double scale : kernel.scales) total = total + scale / (scale + squares);
  return total / static_cast<double>(kernel.scales.size());
}

/// For each i, the mean over j != i of the term above, [n].
Tensor terms(const Tensor& x, const Tensor& y, const auto& kernel) {
  check_kernel(kernel);
  check<ShapeError>(x.rank() == 2 && x.shape() == y.shape() && x.dim(0) >= 2,
                    "mmd_squared: needs x and y [n, D] of one shape with n >= 2, not {} and {}",
                    x.shape(), y.shape());
  check_values("mmd_squared", "x", x, kFinite);
  check_values("mmd_squared", "y", y, kFinite);
  const auto k = [&kernel](const Tensor& a, const Tensor& b) {
    return kernel_of(squared_distances(a, b), kernel);
  };
  const Tensor across = k(x, y);
  const Tensor all = k(x, x) + k(y, y) - across - transpose(across);
  const Tensor others = all * (1.0 - eye(x.dim(0), x.dtype()));
  return sum(others, -1) / static_cast<double>(x.dim(0) - 1);
}

prob::Estimate estimate_of(const Tensor& each) {
  const prob::Estimate of_terms = prob::estimate(each);
  // Each sample is in two places of the pairs, so that its part counts twice (Hoeffding 1948).
  return {of_terms.mean, 2.0 * of_terms.standard_error, of_terms.samples};
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

InverseMultiquadratic InverseMultiquadratic::of_normal(std::int64_t D, double variance) {
  std::vector<double> scales{0.1, 0.2, 0.5, 1, 2, 5, 10};
  for (double& scale : scales) scale *= 2 * static_cast<double>(D) * variance;
  return InverseMultiquadratic(std::move(scales));
}

double distance_to_nearest(const Tensor& real, const Tensor& made) {
  const NoGrad no_grad;
  return mean(sqrt(-max(-squared_distances(real, made), -1))).item();
}

Tensor mmd_squared(const Tensor& x, const Tensor& y, const Bandwidths& bandwidths) {
  return mean(terms(x, y, bandwidths));
}
Tensor mmd_squared(const Tensor& x, const Tensor& y, const InverseMultiquadratic& kernel) {
  return mean(terms(x, y, kernel));
}

prob::Estimate estimate_mmd_squared(const Tensor& x, const Tensor& y,
                                    const Bandwidths& bandwidths) {
  const NoGrad no_grad;
  return estimate_of(terms(x, y, bandwidths));
}
prob::Estimate estimate_mmd_squared(const Tensor& x, const Tensor& y,
                                    const InverseMultiquadratic& kernel) {
  const NoGrad no_grad;
  return estimate_of(terms(x, y, kernel));
}

Tensor mmd_squared(const NormalMixture& p, const NormalMixture& q, const Bandwidths& bandwidths) {
  check_kernel(bandwidths);
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
