#include "prob/gumbel.hpp"

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"

namespace tapestry::prob {

Gumbel::Gumbel(Tensor mu, Tensor beta, int dims)
    : loc(std::move(mu)), scale(std::move(beta)), event_dims(dims) {
  common_shape(kName, {{"loc", loc}, {"scale", scale}}, event_dims);
  check_values(kName, "loc", loc, kFinite);
  check_values(kName, "scale", scale, kPositive);
}

Tensor Gumbel::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor Gumbel::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), loc.dtype()));
}

Tensor Gumbel::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
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
