#include "prob/gamma.hpp"

#include <cmath>

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
  const Tensor scaled = rate * x;
  return gamma_cdf(expanded(concentration, scaled.shape()), scaled);
}

std::vector<Case> Gamma::cases() {
  const DTypeScope f64(DType::f64);
  return {
      // a = 1 is the exponential density: log 2 - 2 x 0.7; a = 3: log(x^2 exp(-x) / 2)
      {{tensor({1.0, 3.0}), tensor({2.0, 1.0})},
       tensor({0.7, 2.0}),
       tensor({-0.7068528194400547, -1.3068528194400546})},
      {.arguments = {tensor({1.0, 0.0}), tensor(1.0)}, .refused = "concentration"},
      {.arguments = {tensor(std::nan("")), tensor(1.0)}, .refused = "concentration"},
      {.arguments = {tensor(kInfinity), tensor(1.0)}, .refused = "concentration"},
      {.arguments = {tensor(1.0), tensor({1.0, -1.0})}, .refused = "rate"},
      {.arguments = {tensor(1.0), tensor(std::nan(""))}, .refused = "rate"},
  };
}

}  // namespace tapestry::prob
