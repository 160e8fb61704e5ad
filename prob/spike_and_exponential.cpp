#include "prob/spike_and_exponential.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

namespace {

/// E x and E x^2 of r(x|z = 1).
double first_moment(double beta) { return -1 / std::expm1(-beta) - 1 / beta; }
/// log(exp(beta) - 1), also where the exponential is beyond all numbers.
double log_expm1(double beta) {
  return beta > 30 ? beta + std::log1p(-std::exp(-beta)) : std::log(std::expm1(beta));
}
double second_moment(double beta) { return -1 / std::expm1(-beta) - 2 / beta * first_moment(beta); }

}  // namespace

SpikeAndExponential::SpikeAndExponential(double b, Arg l, int dims)
    : beta(b), logits(as_parameter(l)), event_dims(dims) {
  common_shape({kName, l.loc}, {{"logits", logits}}, event_dims);
  check_value({kName, l.loc}, "beta", beta, kPositive);
  check_values({kName, l.loc}, "logits", logits, kFinite);
}

Tensor SpikeAndExponential::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), logits.dtype()));
}

Tensor SpikeAndExponential::icdf(const Tensor& u) const {
  check_values(kName, "u", u, kOpenUnitInterval);
  const Tensor one_over_q = 1.0 + exp(clamp(-logits, -80, 80));  // beyond, a bit is certain
  const Tensor share = relu(1.0 - (1.0 - u) * one_over_q);
  if (beta <= 30) return log1p(share * std::expm1(beta)) / beta;
  const double least = std::exp(-std::min(beta, 85.0));  // an f32 holds it
  return where(greater(share, 0.0), 1.0 + log(share + (1.0 - share) * least) / beta, 0.0);
}

Tensor SpikeAndExponential::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kUnitInterval);
  const Tensor one = log_sigmoid(logits) + beta * x + std::log(beta) - log_expm1(beta);
  return sum_last(where(greater(x, 0.0), one, log_sigmoid(-logits)), event_dims);
}

Tensor SpikeAndExponential::mean() const { return sigmoid(logits) * first_moment(beta); }

Tensor SpikeAndExponential::variance() const {
  return sigmoid(logits) * second_moment(beta) - square(mean());
}

}  // namespace tapestry::prob
