#include "prob/relaxed_bernoulli.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/constraint.hpp"
#include "prob/special.hpp"

namespace tapestry::prob {

RelaxedBernoulli::RelaxedBernoulli(double t, Tensor l, int dims)
    : temperature(t), logits(std::move(l)), event_dims(dims) {
  common_shape(kName, {{"logits", logits}}, event_dims);
  check_value(kName, "temperature", temperature, kPositive);
  check_values(kName, "logits", logits, kFinite);
}

Tensor RelaxedBernoulli::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor RelaxedBernoulli::rsample(Rng& rng, const Shape& sample_shape) const {
  const Tensor u = rng.uniform(join(sample_shape, shape()), logits.dtype());
  const Tensor logistic = log(u) - log1p(-u);
  return inside_unit_interval(sigmoid((logits + logistic) / temperature));
}

Tensor RelaxedBernoulli::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  check_values(kName, "value", x, kOpenUnitInterval);
  const Tensor log_x = log(x), log_rest = log1p(-x);
  const Tensor d = logits - temperature * (log_x - log_rest);
  return sum_last(std::log(temperature) + d - 2.0 * softplus(d) - log_x - log_rest, event_dims);
}

std::vector<Case> RelaxedBernoulli::cases() {
  const DTypeScope f64(DType::f64);
  return {
      // at x = 1/2 and logits 0: log(0.7) - 2 log 2 + 2 log 2
      {{tensor({0.0})}, tensor({0.5}), tensor({-0.35667494393873245})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor(kInfinity)}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
