#pragma once

namespace tapestry::prob {

/// The regularised incomplete gamma functions P = P(a, x) and Q = 1 - P: the distribution function
/// of Gamma(a, 1), all in logarithms so that small a (where x underflows) and far tails keep their
/// digits.
struct IncompleteGamma {
  double log_p, log_q;
  double log_density;  ///< of log x: log(x p(x)) = a log x - x - lgamma(a)
  double slope;        ///< d log(x) / da at constant P: -(dP/da) / (dP/dlog x)
};

/// a > 0; x is given by its logarithm. About 1e-13 relative while a < 1e4.
IncompleteGamma incomplete_gamma(double a, double log_x);

/// log x with P(a, x) = p, for p in (0, 1).
double log_gamma_quantile(double a, double p);

}  // namespace tapestry::prob
