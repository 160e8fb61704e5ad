#include "prob/gamma.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

Gamma::Gamma(Arg alpha, Arg beta, int dims)
    : concentration(as_parameter(alpha, beta)), rate(as_parameter(beta, alpha)), event_dims(dims) {
  common_shape({kName, alpha.loc}, {{"concentration", concentration}, {"rate", rate}}, event_dims);
  check_values({kName, alpha.loc}, "concentration", concentration, kPositive);
  check_values({kName, alpha.loc}, "rate", rate, kPositive);
}

Tensor Gamma::rsample(Rng& rng, const Shape& sample_shape) const {
  return at_least_tiny(exp(rsample_log_gamma(concentration, join(sample_shape, shape()), rng)) /
                       rate);
}

Tensor Gamma::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kPositive);
  return sum_last(gamma_log_density(concentration, rate, x), event_dims);
}

Tensor Gamma::mean() const { return concentration / rate; }

Tensor Gamma::variance() const { return concentration / square(rate); }

Tensor Gamma::entropy() const {
  return sum_last(gamma_entropy(concentration) - log(rate), event_dims);
}

Tensor Gamma::cdf(const Tensor& x) const {
  const Tensor below = less_equal(x, 0.0);  // a NaN is not
  const Tensor scaled = rate * where(below, 1.0, x);
  const Shape full = broadcast(concentration.shape(), scaled.shape());
  return where(below, 0.0, gamma_cdf(expanded(concentration, full), expanded(scaled, full)));
}

}  // namespace tapestry::prob
