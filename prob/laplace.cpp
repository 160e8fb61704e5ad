#include "prob/laplace.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"

namespace tapestry::prob {

Laplace::Laplace(Tensor mu, Tensor b, int dims)
    : loc(std::move(mu)), scale(std::move(b)), event_dims(dims) {
  common_shape(kName, {{"loc", loc}, {"scale", scale}}, event_dims);
  check_values(kName, "loc", loc, kFinite);
  check_values(kName, "scale", scale, kPositive);
}

Tensor Laplace::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor Laplace::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), loc.dtype()));
}

Tensor Laplace::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  return sum_last(-abs((x - loc) / scale) - log(2.0 * scale), event_dims);
}

Tensor Laplace::mean() const { return expanded(loc, shape()); }

Tensor Laplace::variance() const { return expanded(2.0 * square(scale), shape()); }

Tensor Laplace::entropy() const {
  return sum_last(expanded(1.0 + log(2.0 * scale), shape()), event_dims);
}

Tensor Laplace::cdf(const Tensor& x) const {
  const Tensor z = (x - loc) / scale;
  const Tensor tail = 0.5 * exp(-abs(z));  // of the side that x is on
  return where(less(z, 0.0), tail, 1.0 - tail);
}

Tensor Laplace::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kOpenUnitInterval);
  const Tensor tail = minimum(p, 1.0 - p);
  const Tensor distance = -log(2.0 * tail);
  return loc + scale * where(less(p, 0.5), -distance, distance);
}

std::vector<Case> Laplace::cases() {
  const DTypeScope f64(DType::f64);
  return {
      // -|3 - 1| / 2 - log 4 for the second
      {{tensor({0.0, 1.0}), tensor({1.0, 2.0})},
       tensor({0.5, 3.0}),
       tensor({-1.1931471805599454, -2.3862943611198906})},
      {.arguments = {tensor({0.0, std::nan("")}), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(-2.0)}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(std::nan(""))}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(kInfinity)}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
