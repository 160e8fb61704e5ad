#include "prob/dirichlet.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

Dirichlet::Dirichlet(Arg alpha, int dims) : concentration(as_parameter(alpha)), event_dims(dims) {
  common_shape({kName, alpha.loc}, {{"concentration", concentration}}, event_dims, 1);
  check_values({kName, alpha.loc}, "concentration", concentration, kPositive);
}

Tensor Dirichlet::rsample(Rng& rng, const Shape& sample_shape) const {
  // Gammas divided by their sum, in logarithms. With tiny concentrations these are huge; moving the
  // largest to 0 changes no ratio, but saves the digits of the softmax.
  const Tensor log_g = rsample_log_gamma(concentration, join(sample_shape, shape()), rng);
  return at_least_tiny(softmax(log_g - max(log_g, -1, true).detach()));
}

Tensor Dirichlet::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kPositive);
  check_sums({kName, value.loc}, "value", x, 1);
  // K gammas of rate A = sum a are independent of their sum, which is 1: no large terms cancel. What x
  // misses of 1 by rounding counts A times, as in the formula.
  const Tensor total = sum(concentration, -1, true), off = sum(x, -1, true) - 1.0;
  const Tensor gammas = sum(gamma_log_density(concentration, total, x), -1),
               of_sum = sum(gamma_log_density(total, total, 1.0) - total * off, -1);
  return sum_last(gammas - of_sum, event_dims - 1);
}

Tensor Dirichlet::mean() const { return concentration / sum(concentration, -1, true); }

Tensor Dirichlet::variance() const {
  const Tensor m = mean();
  return m * (1.0 - m) / (sum(concentration, -1, true) + 1.0);
}

Tensor Dirichlet::entropy() const {
  // of the K gammas, without that of their sum and the change of variables
  const Tensor total = sum(concentration, -1);
  const double others = static_cast<double>(concentration.dim(-1)) - 1;
  return sum_last(
      sum(gamma_entropy(concentration), -1) - gamma_entropy(total) - others * digamma(total),
      event_dims - 1);
}

}  // namespace tapestry::prob
