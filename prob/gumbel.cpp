#include "prob/gumbel.hpp"

#include <cmath>
#include <numbers>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

Gumbel::Gumbel(Arg mu, Arg beta, int dims)
    : loc(as_parameter(mu, beta)), scale(as_parameter(beta, mu)), event_dims(dims) {
  check_location_scale({kName, mu.loc}, loc, scale, event_dims);
}

Tensor Gumbel::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), loc.dtype()));
}

Tensor Gumbel::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  const Tensor z = (x - loc) / scale;
  return sum_last(-z - exp(-z) - log(scale), event_dims);
}

Tensor Gumbel::mean() const { return loc + scale * std::numbers::egamma; }

Tensor Gumbel::variance() const {
  return expanded(square(scale) * (std::numbers::pi * std::numbers::pi / 6), shape());
}

Tensor Gumbel::entropy() const {
  return sum_last(expanded(log(scale) + (1 + std::numbers::egamma), shape()), event_dims);
}

Tensor Gumbel::cdf(const Tensor& x) const { return exp(-exp((loc - x) / scale)); }

Tensor Gumbel::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kOpenUnitInterval);
  return loc - scale * log(-log(p));
}

std::vector<Case> Gumbel::cases() {
  const DTypeScope f64(DType::f64);
  return {
      // -z - exp(-z) at z = 0, and at z = 1 with scale 2
      {{tensor({0.0, 1.0}), tensor({1.0, 2.0})},
       tensor({0.0, 3.0}),
       tensor({-1.0, -2.0610266217313876})},
      {.arguments = {tensor({0.0, std::nan("")}), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(-2.0)}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(std::nan(""))}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(kInfinity)}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
