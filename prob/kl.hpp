#pragma once

#include "prob/bernoulli.hpp"
#include "prob/beta.hpp"
#include "prob/categorical.hpp"
#include "prob/continuous_bernoulli.hpp"
#include "prob/dirichlet.hpp"
#include "prob/exponential.hpp"
#include "prob/gamma.hpp"
#include "prob/gumbel.hpp"
#include "prob/laplace.hpp"
#include "prob/log_normal.hpp"
#include "prob/multivariate_normal.hpp"
#include "prob/normal.hpp"
#include "prob/one_hot_categorical.hpp"
#include "prob/poisson.hpp"
#include "prob/rbm.hpp"
#include "prob/standard_normal.hpp"
#include "prob/uniform.hpp"

// KL(q || p) = E_q[log q(x) - log p(x)] in nats, in closed form: one overload for each pair that
// has one. A pair without an overload does not compile; kl_monte_carlo (monte_carlo.hpp) estimates
// it. The result has the batch shape: events are summed over. q and p must have the same events.

namespace tapestry::prob {

/// Any distribution converts to this; chosen only if no other overload fits.
struct AnyDistribution {
  template <Distribution D>
  AnyDistribution(const D&) {}
};
Tensor kl(AnyDistribution q, AnyDistribution p) = delete;  // no closed form: use kl_monte_carlo

Tensor kl(const Normal& q, const Normal& p);
Tensor kl(const Normal& q, const StandardNormal& p);  ///< one fused op (AEVB, appendix B)
Tensor kl(const MultivariateNormal& q, const MultivariateNormal& p);
Tensor kl(const MultivariateNormal& q, const StandardNormal& p);
Tensor kl(const LogNormal& q, const LogNormal& p);
Tensor kl(const Laplace& q, const Laplace& p);
Tensor kl(const Gumbel& q, const Gumbel& p);
Tensor kl(const Bernoulli& q, const Bernoulli& p);
Tensor kl(const Bernoulli& q, const Rbm& p);  ///< [...], q [..., n + m] with event_dims 1
Tensor kl(const ContinuousBernoulli& q, const ContinuousBernoulli& p);
Tensor kl(const Categorical& q, const Categorical& p);
Tensor kl(const OneHotCategorical& q, const OneHotCategorical& p);
Tensor kl(const Poisson& q, const Poisson& p);
Tensor kl(const Exponential& q, const Exponential& p);
Tensor kl(const Gamma& q, const Gamma& p);
Tensor kl(const Gamma& q, const Exponential& p);
Tensor kl(const Exponential& q, const Gamma& p);
Tensor kl(const Beta& q, const Beta& p);
Tensor kl(const Dirichlet& q, const Dirichlet& p);
Tensor kl(const Uniform& q, const Uniform& p);  ///< infinite unless q's interval lies in p's
Tensor kl(const Uniform& q, const Normal& p);
Tensor kl(const Laplace& q, const Normal& p);

}  // namespace tapestry::prob
