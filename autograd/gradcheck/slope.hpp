#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace tapestry::checking {

/// cbrt(eps): the step at which rounding and curvature spoil a central difference about equally.
inline const double kStep = std::cbrt(std::numeric_limits<double>::epsilon());

struct Slope {
  double value = 0;
  bool kink =
      false;  ///< no slope here: the sides differ, or one lies outside the function's domain
};

/// Two central differences, combined so that the error of order h^2 cancels (Richardson).
inline double extrapolated(double wide, double narrow) { return (4 * narrow - wide) / 3; }

/// The derivative at t = 0 of a function known through f(t) - f(0); `change` returns that difference.
template <class Change>
Slope numeric_slope(double h, Change change) {
  const auto central = [&](double step) {
    const double right = change(step), left = change(-step);
    // The slopes of both sides differ by about f'' step where f is smooth, and by a constant at a
    // kink.
    return std::pair((right - left) / (2 * step), (right + left) / step);
  };
  const auto [wide, wide_bend] = central(h);
  const auto [narrow, narrow_bend] = central(h / 2);
  const double scale = 1e-4 * std::max(1.0, std::fabs(narrow));
  const bool bends =
      std::fabs(narrow_bend) > 0.75 * std::fabs(wide_bend) && std::fabs(narrow_bend) > scale;
  const bool disagrees = std::fabs(wide - narrow) > scale;
  return {extrapolated(wide, narrow), bends || disagrees || !std::isfinite(wide + narrow)};
}

}  // namespace tapestry::checking
