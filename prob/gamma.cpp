#include "prob/gamma.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"
#include "prob/special.hpp"

namespace tapestry::prob {

Gamma::Gamma(Tensor alpha, Tensor beta, int dims)
    : concentration(std::move(alpha)), rate(std::move(beta)), event_dims(dims) {
  common_shape(kName, {{"concentration", concentration}, {"rate", rate}}, event_dims);
  check_values(kName, "concentration", concentration, kPositive);
  check_values(kName, "rate", rate, kPositive);
}

Tensor Gamma::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor Gamma::rsample(Rng& rng, const Shape& sample_shape) const {
  return at_least_tiny(exp(rsample_log_gamma(concentration, join(sample_shape, shape()), rng)) /
                       rate);
}

Tensor Gamma::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  check_values(kName, "value", x, kPositive);
  return sum_last(
      concentration * log(rate) + (concentration - 1.0) * log(x) - rate * x - lgamma(concentration),
      event_dims);
}

Tensor Gamma::mean() const { return concentration / rate; }

Tensor Gamma::variance() const { return concentration / square(rate); }

Tensor Gamma::entropy() const {
  return sum_last(concentration - log(rate) + lgamma(concentration) +
                      (1.0 - concentration) * digamma(concentration),
                  event_dims);
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
