#include "prob/log_normal.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"
#include "prob/normal.hpp"

namespace tapestry::prob {

LogNormal::LogNormal(Tensor mu, Tensor sigma, int dims)
    : loc(std::move(mu)), scale(std::move(sigma)), event_dims(dims) {
  common_shape(kName, {{"loc", loc}, {"scale", scale}}, event_dims);
  check_values(kName, "loc", loc, kFinite);
  check_values(kName, "scale", scale, kPositive);
}

Tensor LogNormal::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor LogNormal::rsample(Rng& rng, const Shape& sample_shape) const {
  return exp(Normal(loc, scale).rsample(rng, sample_shape));
}

Tensor LogNormal::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  check_values(kName, "value", x, kPositive);
  const Tensor log_x = log(x);
  return sum_last(normal_log_prob(log_x, loc, scale) - log_x, event_dims);
}

Tensor LogNormal::mean() const { return exp(loc + 0.5 * square(scale)); }

Tensor LogNormal::variance() const { return expm1(square(scale)) * square(mean()); }

Tensor LogNormal::entropy() const {
  return sum_last(Normal(loc, scale).entropy() + loc, event_dims);
}

Tensor LogNormal::cdf(const Tensor& x) const { return Normal(loc, scale).cdf(log(x)); }

Tensor LogNormal::icdf(const Tensor& p) const { return exp(Normal(loc, scale).icdf(p)); }

std::vector<Case> LogNormal::cases() {
  const DTypeScope f64(DType::f64);
  return {
      // at x = 1 the normal's density at 0; at x = e with loc 1 it is also divided by e
      {{tensor({0.0, 1.0}), tensor(1.0)},
       tensor({1.0, 2.718281828459045}),
       tensor({-0.9189385332046727, -1.9189385332046727})},
      {.arguments = {tensor({0.0, std::nan("")}), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(-2.0)}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(std::nan(""))}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(kInfinity)}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
