#include "prob/beta.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

Beta::Beta(Arg alpha, Arg beta, int dims)
    : a(as_parameter(alpha, beta)), b(as_parameter(beta, alpha)), event_dims(dims) {
  common_shape({kName, alpha.loc}, {{"a", a}, {"b", b}}, event_dims);
  check_values({kName, alpha.loc}, "a", a, kPositive);
  check_values({kName, alpha.loc}, "b", b, kPositive);
}

Tensor Beta::rsample(Rng& rng, const Shape& sample_shape) const {
  // x = g / (g + h) with g ~ Gamma(a), h ~ Gamma(b): the sigmoid of log g - log h.
  const Shape full = join(sample_shape, shape());
  const Tensor log_g = rsample_log_gamma(a, full, rng);
  return inside_unit_interval(sigmoid(log_g - rsample_log_gamma(b, full, rng)));
}

Tensor Beta::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kOpenUnitInterval);
  return sum_last(beta_log_density(a, b, x), event_dims);
}

Tensor Beta::mean() const { return a / (a + b); }

Tensor Beta::variance() const {
  const Tensor total = a + b;
  return a * b / (square(total) * (total + 1.0));
}

Tensor Beta::entropy() const { return sum_last(beta_entropy(a, b), event_dims); }

}  // namespace tapestry::prob
