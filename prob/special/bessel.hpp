#pragma once

namespace tapestry::prob {

/// The modified Bessel function of the first kind, I_v(x) = (x/2)^v / Gamma(v + 1) S(x), by its power series
///
///     S = sum over k of t_k,   t_k = (x^2/4)^k Gamma(v + 1) / (k! Gamma(v + k + 1))
///
/// All terms are positive, so that nothing cancels. The sum begins at its largest term and goes both ways, about 12 sqrt(x)
/// terms; the ratio of two orders and its derivative are a mean and a covariance over the same terms.
struct BesselSeries {
  double log_series;  ///< log S: 0 at x = 0, its derivative is `ratio`
  double ratio;       ///< A(x) = I_{v+1}(x) / I_v(x), in [0, 1)
  double slope;       ///< dA/dx
};

/// order v >= 0, any real number; x >= 0, up to 1e6 or so.
BesselSeries bessel_series(double order, double x);

}  // namespace tapestry::prob
