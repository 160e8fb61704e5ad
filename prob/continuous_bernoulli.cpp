#include "prob/continuous_bernoulli.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/bernoulli.hpp"
#include "prob/constraint.hpp"
#include "prob/special.hpp"

namespace tapestry::prob {

ContinuousBernoulli::ContinuousBernoulli(Tensor l, int dims)
    : logits(std::move(l)), event_dims(dims) {
  common_shape(kName, {{"logits", logits}}, event_dims);
  check_values(kName, "logits", logits, kFinite);
}

ContinuousBernoulli ContinuousBernoulli::from_probs(const Tensor& probs, int event_dims) {
  return ContinuousBernoulli(logits_from_probs(kName, probs), event_dims);
}

Tensor ContinuousBernoulli::probs() const { return sigmoid(logits); }

Tensor ContinuousBernoulli::sample(Rng& rng, const Shape& sample_shape) const {
  NoGrad no_grad;
  return rsample(rng, sample_shape);
}

Tensor ContinuousBernoulli::rsample(Rng& rng, const Shape& sample_shape) const {
  return icdf(rng.uniform(join(sample_shape, shape()), logits.dtype()));
}

Tensor ContinuousBernoulli::log_prob(const Tensor& x) const {
  check_value_shape(kName, shape(), event_dims, x.shape());
  check_values(kName, "value", x, kUnitInterval);
  return sum_last((x - 0.5) * logits - log_sinhc(0.5 * logits), event_dims);
}

// The normaliser of exp(l x) is Z = exp(l/2) sinhc(l/2); mean and variance are the derivatives of
// log Z.

Tensor ContinuousBernoulli::mean() const { return 0.5 + 0.5 * langevin(0.5 * logits); }

Tensor ContinuousBernoulli::variance() const { return 0.25 * langevin_slope(0.5 * logits); }

Tensor ContinuousBernoulli::entropy() const {
  const Tensor half = 0.5 * logits;
  return sum_last(log_sinhc(half) - half * langevin(half), event_dims);  // log Z - l E[x]
}

Tensor ContinuousBernoulli::cdf(const Tensor& x) const {
  // expm1(l x) / expm1(l), with exp(l x / 2) taken out of both
  return x * exp(0.5 * logits * (x - 1.0) + log_sinhc(0.5 * logits * x) - log_sinhc(0.5 * logits));
}

Tensor ContinuousBernoulli::icdf(const Tensor& p) const {
  check_values(kName, "p", p, kUnitInterval);
  const Shape both = broadcast(p.shape(), shape());
  return continuous_bernoulli_quantile(expanded(logits, both), expanded(p, both));
}

std::vector<Case> ContinuousBernoulli::cases() {
  const DTypeScope f64(DType::f64);
  return {
      {{tensor({0.0, 1e-9})}, tensor({0.3, 0.9}), tensor({0.0, 0.4e-9})},
      // l exp(l x) / expm1(l); p(x; l) = p(1-x; -l)
      {{tensor({4.0, -4.0})},
       tensor({0.25, 0.75}),
       tensor({std::log(4 * std::exp(1.0) / std::expm1(4.0)),
               std::log(4 * std::exp(1.0) / std::expm1(4.0))})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor(-kInfinity)}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
