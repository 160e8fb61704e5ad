#include "prob/zero_inflated_negative_binomial.hpp"

#include "autograd/constraint.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/bernoulli.hpp"
#include "prob/gamma.hpp"
#include "prob/poisson.hpp"
#include "prob/special/functions.hpp"

namespace tapestry::prob {

ZeroInflatedNegativeBinomial::ZeroInflatedNegativeBinomial(Arg m, Arg t, Arg z, int dims)
    : mu(as_parameter(m, t, z)),
      theta(as_parameter(t, m, z)),
      zero_logits(as_parameter(z, m, t)),
      event_dims(dims) {
  common_shape({kName, m.loc}, {{"mu", mu}, {"theta", theta}, {"zero_logits", zero_logits}},
               event_dims);
  check_values({kName, m.loc}, "mu", mu, kPositive);
  check_values({kName, m.loc}, "theta", theta, kPositive);
  check_values({kName, m.loc}, "zero_logits", zero_logits, kFinite);
}

Tensor ZeroInflatedNegativeBinomial::sample(Rng& rng, const Shape& sample_shape) const {
  const NoGrad no_grad;
  const Shape full = join(sample_shape, shape());
  const Tensor rate = Gamma(expanded(theta, full), theta / mu).sample(rng);
  return Poisson(rate).sample(rng) * Bernoulli(expanded(-zero_logits, full)).sample(rng);
}

Tensor ZeroInflatedNegativeBinomial::log_prob(Arg value) const {
  const Tensor x = as_tensor(value);
  check_value_shape({kName, value.loc}, shape(), event_dims, x.shape());
  check_values({kName, value.loc}, "value", x, kCount);
  // Gamma(x + theta) / (Gamma(theta) x!) = 1 / ((x + theta) B(x + 1, theta))
  const Tensor log_nb = -log_beta(x + 1.0, theta) - log(x + theta) - theta * log1p(mu / theta) -
                        x * log1p(theta / mu);
  // log(pi + (1 - pi) nb) = log(1 - pi) + log(exp(zero_logits) + nb)
  const Tensor at_zero = where(equal(x, 0.0), softplus(zero_logits - log_nb), 0.0);
  return sum_last(log_sigmoid(-zero_logits) + log_nb + at_zero, event_dims);
}

Tensor ZeroInflatedNegativeBinomial::mean() const {
  return expanded(sigmoid(-zero_logits) * mu, shape());
}

Tensor ZeroInflatedNegativeBinomial::variance() const {
  const Tensor spread = mu + square(mu) * (1.0 / theta + sigmoid(zero_logits));
  return sigmoid(-zero_logits) * spread;
}

}  // namespace tapestry::prob
