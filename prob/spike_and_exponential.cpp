#include "prob/spike_and_exponential.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"

namespace tapestry::prob {

namespace {

constexpr double kSmall = 1e-2;  // below, the two parts of the closed forms would cancel

/// E x and the variance of r(x|z = 1).
double mean_of_one(double beta) {
  if (beta < kSmall) return 0.5 + beta / 12 - beta * beta * beta / 720;
  return -1 / std::expm1(-beta) - 1 / beta;
}
double variance_of_one(double beta) {
  if (beta < kSmall) return 1.0 / 12 - beta * beta / 240 + beta * beta * beta * beta / 6048;
  const double rest = std::expm1(-beta);
  return 1 / (beta * beta) - std::exp(-beta) / (rest * rest);
}
/// log(exp(beta) - 1), also where the exponential is beyond all numbers.
double log_expm1(double beta) {
  return beta > 30 ? beta + std::log1p(-std::exp(-beta)) : std::log(std::expm1(beta));
}

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
  if (beta <= 30) return minimum(log1p(share * std::expm1(beta)) / beta, 1.0);
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

Tensor SpikeAndExponential::mean() const { return sigmoid(logits) * mean_of_one(beta); }

Tensor SpikeAndExponential::variance() const {
  // E[variance given z] + variance of E[x|z]
  const Tensor q = sigmoid(logits);
  return q * variance_of_one(beta) + q * sigmoid(-logits) * std::pow(mean_of_one(beta), 2);
}

}  // namespace tapestry::prob
