#include "prob/multivariate_normal.hpp"

#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

namespace {

/// n x n, ones on and below the diagonal.
Tensor lower_ones(std::int64_t n, DType dtype) {
  const Tensor index = arange(n, dtype);
  return less_equal(index, reshape(index, {n, 1})).to(dtype);
}

}  // namespace

MultivariateNormal::MultivariateNormal(Arg mu, Arg l, int dims)
    : loc(as_parameter(mu, l)), scale_tril(as_parameter(l, mu)), event_dims(dims) {
  const Shape& m = scale_tril.shape();
  if (loc.rank() < 1 || m.rank() < 2 || m[-1] != m[-2] || m[-1] != loc.dim(-1)) [[unlikely]]
    fail<ShapeError>({kName, mu.loc},
                     fmt::format("loc [..., D] and scale_tril [..., D, D] are needed, but "
                                 "loc is {} and scale_tril is {} (event_dims = {})",
                                 loc.shape(), m, event_dims));
  check_dtypes({kName, mu.loc}, {{"loc", loc}, {"scale_tril", scale_tril}});
  check_event_dims({kName, mu.loc}, shape(), event_dims, 1);
  check_values({kName, mu.loc}, "loc", loc, kFinite);
  check_cholesky_factor({kName, mu.loc}, "scale_tril", scale_tril);
  // The zeros above the diagonal are no parameters: no gradient reaches them.
  if (scale_tril.tracked()) scale_tril = scale_tril * lower_ones(m[-1], scale_tril.dtype());
}

MultivariateNormal MultivariateNormal::from_covariance(const Tensor& loc, const Tensor& covariance,
                                                       int event_dims) {
  return {loc, cholesky(covariance), event_dims};
}

Tensor MultivariateNormal::rsample(Rng& rng, const Shape& sample_shape) const {
  const Shape full = join(sample_shape, shape());
  // Vectors as rows: e L^T, which is one product when all share one L.
  const Tensor e = rng.normal(full.inserted(full.rank() - 1, 1), loc.dtype());
  return loc + reshape(matmul(e, scale_tril, {.transpose_right = true}), full);
}

Tensor MultivariateNormal::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  const double d = static_cast<double>(loc.dim(-1));
  const Tensor normaliser =
      log_det_triangular(scale_tril) + 0.5 * d * std::log(2 * std::numbers::pi);
  return sum_last(-0.5 * squared_length(scale_tril, x - loc) - normaliser, event_dims - 1);
}

Tensor MultivariateNormal::mean() const { return expanded(loc, shape()); }

Tensor MultivariateNormal::variance() const {
  return expanded(sum(square(scale_tril), -1), shape());
}

Tensor MultivariateNormal::covariance() const {
  return matmul(scale_tril, scale_tril, {.transpose_right = true});
}

Tensor MultivariateNormal::entropy() const {
  const double d = static_cast<double>(loc.dim(-1));
  const Tensor one =
      log_det_triangular(scale_tril) + 0.5 * d * (1 + std::log(2 * std::numbers::pi));
  return sum_last(expanded(one, shape().without(-1)), event_dims - 1);
}

Tensor squared_length(const Tensor& l, const Tensor& v) {
  const Shape full = broadcast(v.shape(), l.shape().without(-1));
  const Tensor z = triangular_solve(l, reshape(expanded(v, full), join(full, {1})));
  return sum(square(z), {-1, -2});
}

}  // namespace tapestry::prob
