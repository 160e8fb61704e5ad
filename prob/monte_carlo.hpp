#pragma once

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "prob/distribution.hpp"

namespace tapestry::prob {

/// An average over samples with its standard error (sample deviation / sqrt(samples)).
struct Estimate {
  Tensor mean, standard_error;
  std::int64_t samples;
};

/// Average over axis 0; at least two values there. Not recorded.
Estimate estimate(const Tensor& values);

/// KL(q || p) estimated by the average of log q(x) - log p(x) over samples x from q, in nats, of
/// the batch shape. For pairs without a closed form, and to test those with one. Not recorded.
template <Distribution Q, Distribution P>
Estimate kl_monte_carlo(const Q& q, const P& p, std::int64_t samples, Rng& rng) {
  check_same_events("kl_monte_carlo", q.shape(), q.event_dims, p.shape(), p.event_dims);
  const NoGrad no_grad;
  const Tensor x = q.sample(rng, {samples});
  return estimate(q.log_prob(x) - p.log_prob(x));
}

/// log of the average of exp(x) along an axis, without overflow: the IWAE bound's last step.
/// Recorded.
Tensor log_mean_exp(Arg x, int axis = 0);

}  // namespace tapestry::prob
