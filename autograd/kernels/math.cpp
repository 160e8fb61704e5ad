#include "autograd/kernels/math.hpp"

#include <numbers>

namespace tapestry::math {

namespace {

/// x minus the nearest whole number, exactly: what x - floor(x) loses next to a pole.
double beside_pole(double x) { return x - std::round(x); }

}  // namespace

// The reentrant form: std::lgamma writes the sign into a global.
double lgamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// psi(x) = psi(x+1) - 1/x up to x >= 10, then the asymptotic series ln x - 1/2x - sum B_2k / 2k
// x^2k (Abramowitz and Stegun 6.3.5, 6.3.18); the reflection 6.3.7 below 0.
double digamma(double x) {
  if (x == 0) return std::copysign(INFINITY, -x);
  if (x < 0) {
    if (x == std::floor(x)) return NAN;
    return digamma(1 - x) - std::numbers::pi / std::tan(std::numbers::pi * beside_pole(x));
  }
  double y = 0;
  for (; x < 10; ++x) y -= 1 / x;
  const double t = 1 / (x * x);
  const double series =
      t *
      (1.0 / 12 -
       t * (1.0 / 120 - t * (1.0 / 252 - t * (1.0 / 240 - t * (1.0 / 132 - t * 691.0 / 32760)))));
  return y + std::log(x) - 0.5 / x - series;
}

// The derivative of the above (Abramowitz and Stegun 6.4.6, 6.4.12).
double trigamma(double x) {
  if (x <= 0 && x == std::floor(x)) return INFINITY;
  if (x < 0) {
    const double s = std::sin(std::numbers::pi * beside_pole(x));
    return std::numbers::pi * std::numbers::pi / (s * s) - trigamma(1 - x);
  }
  double y = 0;
  for (; x < 15; ++x) y += 1 / (x * x);
  const double t = 1 / (x * x);
  const double series =
      t * (1.0 / 6 -
           t * (1.0 / 30 - t * (1.0 / 42 - t * (1.0 / 30 - t * (5.0 / 66 - t * 691.0 / 2730)))));
  return y + 1 / x + 0.5 * t + series / x;
}

}  // namespace tapestry::math
