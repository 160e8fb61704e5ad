#include "prob/beta.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"
#include "prob/special.hpp"

namespace tapestry::prob {

Beta::Beta(Tensor alpha, Tensor beta, int dims)
    : a(std::move(alpha)), b(std::move(beta)), event_dims(dims) {
  common_shape(kName, {{"a", a}, {"b", b}}, event_dims);
  check_values(kName, "a", a, kPositive);
  check_values(kName, "b", b, kPositive);
}

Tensor Beta::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor Beta::rsample(Rng& rng, const Shape& sample_shape) const {
  // x = g / (g + h) with g ~ Gamma(a), h ~ Gamma(b): the sigmoid of log g - log h.
  const Shape full = join(sample_shape, shape());
  const Tensor log_g = rsample_log_gamma(a, full, rng);
  return inside_unit_interval(sigmoid(log_g - rsample_log_gamma(b, full, rng)));
}

Tensor Beta::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  check_values(kName, "value", x, kOpenUnitInterval);
  return sum_last((a - 1.0) * log(x) + (b - 1.0) * log1p(-x) - log_beta(a, b), event_dims);
}

Tensor Beta::mean() const { return a / (a + b); }

Tensor Beta::variance() const {
  const Tensor total = a + b;
  return a * b / (square(total) * (total + 1.0));
}

Tensor Beta::entropy() const {
  const Tensor total = a + b;
  return sum_last(log_beta(a, b) - (a - 1.0) * digamma(a) - (b - 1.0) * digamma(b) +
                      (total - 2.0) * digamma(total),
                  event_dims);
}

Tensor log_beta(const Tensor& a, const Tensor& b) { return lgamma(a) + lgamma(b) - lgamma(a + b); }

std::vector<Case> Beta::cases() {
  const DTypeScope f64(DType::f64);
  return {
      // the uniform density, and 6 x (1 - x)
      {{tensor({1.0, 2.0}), tensor({1.0, 2.0})},
       tensor({0.3, 0.5}),
       tensor({0.0, 0.4054651081081644})},
      {.arguments = {tensor({1.0, 0.0}), tensor(1.0)}, .refused = "a"},
      {.arguments = {tensor(std::nan("")), tensor(1.0)}, .refused = "a"},
      {.arguments = {tensor(1.0), tensor({1.0, -1.0})}, .refused = "b"},
      {.arguments = {tensor(1.0), tensor(kInfinity)}, .refused = "b"},
  };
}

}  // namespace tapestry::prob
