#pragma once

#include "prob/bernoulli.hpp"
#include "prob/continuous_bernoulli.hpp"
#include "prob/normal.hpp"
#include "prob/standard_normal.hpp"

// KL(q || p) = E_q[log q(x) - log p(x)] in nats, in closed form: one overload for each pair that
// has one. A pair without an overload does not compile; kl_monte_carlo (monte_carlo.hpp) estimates
// it. The result has the batch shape: events are summed over. q and p must have the same events.

namespace tapestry::prob {

Tensor kl(const Normal& q, const Normal& p);
Tensor kl(const Normal& q, const StandardNormal& p);  ///< one fused op (AEVB, appendix B)
Tensor kl(const Bernoulli& q, const Bernoulli& p);
Tensor kl(const ContinuousBernoulli& q, const ContinuousBernoulli& p);

}  // namespace tapestry::prob
