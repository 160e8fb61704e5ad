#pragma once

#include "vae/exact/line.hpp"

namespace tapestry::vae::exact {

/// Variances over the noise e of one-sample estimates of the line's ELBO, with z = mean + scale e.
struct EstimatorNoise {
  double value;        ///< of the estimate itself
  double d_mean;       ///< of its derivative by the mean of q
  double d_log_scale;  ///< of its derivative by the log of the standard deviation of q
};

/// The same noise for three estimators, which all have the ELBO and its gradient as their mean:
struct LineNoise {
  EstimatorNoise generic;      ///< A: log p(x, z) - log q(z)            (AEVB, equation 6)
  EstimatorNoise analytic_kl;  ///< B: log p(x | z) - KL(q || p(z))      (AEVB, equation 7)
  EstimatorNoise stl;          ///< A without the score of q (Roeder, Wu, Duvenaud 2017)
};

/// Exact, because on the line every estimate is a polynomial in e, here a + b e + c e^2, whose
/// variance is b^2 + 2 c^2.
///
/// The gradient of B has less noise: by the mean, A has (1 + s^2/w^2)^2 times its variance. But at
/// the posterior the value of A has no noise at all, and neither have value and gradient of STL.
/// x and the parameters of q have one element each.
LineNoise line_noise(const Line& line, double x, const prob::Normal& q);

/// The noise of the score function estimator (REINFORCE), which needs no derivative of the model:
/// (log p(x, z) - log q(z) - baseline) times the derivatives of log q(z); `value` is that of A. The
/// baseline changes the noise but not the mean. Exact too: polynomials up to e^4.
EstimatorNoise score_function_noise(const Line& line, double x, const prob::Normal& q,
                                    double baseline = 0);

}  // namespace tapestry::vae::exact
