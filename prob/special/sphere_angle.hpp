#pragma once

namespace tapestry::prob {

/// The angle theta in [0, pi] between a draw of a von Mises-Fisher distribution over unit vectors of length m >= 2 and its
/// loc, whose density is proportional to exp(kappa cos theta) sin(theta)^(m-2). By Gauss-Legendre quadrature with 16 points
/// on each of 13 panels around the mode; about 1e-13.
class SphereAngle {
 public:
  SphereAngle(double m, double kappa);

  /// theta with the share p of the mass below it, for p in [0, 1].
  double quantile(double p) const;
  double by_p(double theta) const;  ///< d theta / dp
  double by_kappa(
      double theta) const;  ///< d theta / d kappa at constant p: implicit, as gamma_quantile.cpp

 private:
  struct Mass {
    double of_1, of_cos;
  };
  double density(double theta) const;  ///< 1 at the mode; not normalised
  Mass between(double low, double high) const;
  Mass below(double theta) const;
  double edge(int panel) const { return low_ + width_ * panel; }

  double power_, kappa_, mode_, low_, width_;
  static constexpr int kPanels = 13;
  double cumulative_[kPanels + 1];
};

}  // namespace tapestry::prob
