#pragma once

#include <span>

#include "autograd/op.hpp"
#include "autograd/random.hpp"

// Special functions that distributions need beyond autograd/ops.hpp: ordinary OpInfo rows, recorded
// through `apply`. They compute in double whatever the dtype, so they are accurate rather than
// fast.

namespace tapestry::prob {

// The normaliser of exp(2 y (x - 1/2)) on [0, 1] and its derivatives (log_sinhc.cpp); smooth through y = 0.
Tensor log_sinhc(Arg y);       ///< log(sinh(y) / y)
Tensor langevin(Arg y);        ///< coth(y) - 1/y, the derivative of log_sinhc
Tensor langevin_slope(Arg y);  ///< 1/y^2 - 1/sinh(y)^2, the derivative of langevin

// Quantile functions: x with F(x) = p. Differentiable in everything, by the implicit function
// theorem.
Tensor normal_cdf(Arg x);  ///< Phi(x), accurate in the lower tail (normal_quantile.cpp)
Tensor normal_quantile(
    Arg p);  ///< of N(0, 1): -inf at 0, inf at 1, NaN outside (normal_quantile.cpp)
// Of the density prop. to exp(logit x) on [0, 1] (continuous_bernoulli_quantile.cpp); equal shapes.
Tensor continuous_bernoulli_cdf(Arg logits, Arg x);
Tensor continuous_bernoulli_quantile(Arg logits, Arg p);
/// log x for Gamma(a, 1), p in (0, 1); equal shapes (gamma_quantile.cpp).
Tensor log_gamma_quantile(Arg a, Arg p);
Tensor gamma_cdf(Arg a,
                 Arg x);  ///< P(a, x), the distribution function of Gamma(a, 1); equal shapes

// Log densities and entropies without lost digits at large parameters (gamma_ops.cpp).
Tensor log_beta(Arg a, Arg b);                     ///< lgamma(a) + lgamma(b) - lgamma(a + b)
Tensor gamma_log_density(Arg a, Arg rate, Arg x);  ///< of Gamma(a, rate) at x
Tensor beta_log_density(Arg a, Arg b, Arg x);      ///< of Beta(a, b) at x
Tensor gamma_entropy(Arg a);                       ///< of Gamma(a, 1)
Tensor student_t_entropy(Arg v);                   ///< of v degrees of freedom, scale 1
Tensor beta_entropy(Arg a, Arg b);
Tensor gamma_kl(Arg a, Arg rate, Arg b, Arg rate_b);  ///< KL(Gamma(a, rate) || Gamma(b, rate_b))
Tensor gumbel_kl(Arg a, Arg d, Arg b);                ///< KL(Gumbel(d, a) || Gumbel(0, b))

// The modified Bessel function I_v of any real order v >= 0, x from 0 to 1e6 or so (bessel.cpp).
Tensor log_bessel_i(double order, Arg x);       ///< log I_v(x)
Tensor log_bessel_series(double order, Arg x);  ///< log(Gamma(v + 1) I_v(x) / (x/2)^v), 0 at x = 0
Tensor bessel_ratio(double order, Arg x);       ///< A = I_{v+1}(x) / I_v(x), its derivative
Tensor bessel_slope(double order, Arg x);       ///< 1 - A^2 - (2v + 1) A / x, the derivative of A
/// The angle to its loc of a von Mises-Fisher vector of length m, of which the share p is nearer (sphere_angle.cpp);
/// kappa and p have equal shapes. Differentiable in both.
Tensor sphere_angle(std::int64_t m, Arg kappa, Arg p);

/// Independent log Gamma(concentration, 1) variables of this shape, differentiable in the
/// concentration.
Tensor rsample_log_gamma(const Tensor& concentration, const Shape& shape, Rng& rng);

// Rounding can push a sample onto the edge of an open support, where log_prob would refuse it.
Tensor at_least_tiny(const Tensor& x);         ///< x, but at least the smallest normal number
Tensor inside_unit_interval(const Tensor& x);  ///< x, but strictly between 0 and 1

/// Every row of this folder, for the gradient tests.
std::span<const OpInfo* const> special_ops();

}  // namespace tapestry::prob
