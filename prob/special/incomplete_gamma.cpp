#include "prob/special/incomplete_gamma.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/kernels/math.hpp"

namespace tapestry::prob {

namespace {

constexpr int kMostTerms = 100000;
constexpr double kTiny = 1e-17;  // a term smaller than this fraction of the sum ends the series

/// A number with its derivative in a.
struct Dual {
  double v, d;
};
Dual operator+(Dual x, Dual y) { return {x.v + y.v, x.d + y.d}; }
Dual operator*(Dual x, Dual y) { return {x.v * y.v, x.d * y.v + x.v * y.d}; }
Dual operator/(Dual x, Dual y) { return {x.v / y.v, (x.d - x.v / y.v * y.d) / y.v}; }

/// S with P(a, x) = x^a exp(-x) / Gamma(a + 1) S: 1 + x/(a+1) + x^2/((a+1)(a+2)) + ...; x < a + 1.
Dual lower_series(double a, double x) {
  Dual term{1, 0}, sum{1, 0};
  for (int n = 1; n < kMostTerms; ++n) {
    term = term * (Dual{x, 0} / Dual{a + n, 1});
    sum = sum + term;
    if (term.v < kTiny * sum.v && std::abs(term.d) <= kTiny * std::abs(sum.d)) break;
  }
  return sum;
}

/// h with Q(a, x) = x^a exp(-x) / Gamma(a) h: Legendre's continued fraction
/// 1/(x+1-a + 1(a-1)/(x+3-a + 2(a-2)/(x+5-a + ...))), by Lentz's method; x >= a + 1.
Dual upper_fraction(double a, double x) {
  Dual b{x + 1 - a, -1};
  Dual c{1e300, 0}, d = Dual{1, 0} / b, h = d;
  for (int n = 1; n < kMostTerms; ++n) {
    const Dual numerator{n * (a - n), static_cast<double>(n)};
    b.v += 2;
    d = Dual{1, 0} / (numerator * d + b);
    c = b + numerator / c;
    const Dual factor = c * d;
    h = h * factor;
    if (std::abs(factor.v - 1) < 1e-16 && std::abs(factor.d) < 1e-16) break;
  }
  return h;
}

double log1m_exp(double log_x) {  // log(1 - exp(log_x))
  return log_x > -0.69 ? std::log(-std::expm1(log_x)) : std::log1p(-std::exp(log_x));
}

}  // namespace

IncompleteGamma incomplete_gamma(double a, double log_x) {
  const double x = std::exp(log_x);
  const double log_density = a * log_x - x - math::lgamma(a);
  if (x < a + 1) {
    const Dual s = lower_series(a, x);
    const double log_p = std::min(log_density + std::log(s.v / a), 0.0);
    const double slope = -(s.v * (log_x - math::digamma(a + 1)) + s.d) / a;
    return {log_p, log1m_exp(log_p), log_density, slope};
  }
  const Dual h = upper_fraction(a, x);
  const double log_q = std::min(log_density + std::log(h.v), 0.0);
  const double slope = h.v * (log_x - math::digamma(a)) + h.d;
  return {log1m_exp(log_q), log_q, log_density, slope};
}

double log_gamma_quantile(double a, double p) {
  // Where x is small, P = x^a / Gamma(a + 1). Elsewhere the cube root of x is nearly normal
  // (Wilson and Hilferty 1931); the logistic curve stands in for the normal one.
  double log_x = (std::log(p) + math::lgamma(a + 1)) / a;
  const double z = std::log(p / (1 - p)) / 1.702;
  const double root = 1 - 1 / (9 * a) + z / (3 * std::sqrt(a));
  if (a >= 1 && root > 0.3) log_x = std::log(a) + 3 * std::log(root);
  // Newton's method on log P, or on log Q beyond the median: both are concave in log x, so it
  // cannot diverge.
  for (int step = 0; step < 100; ++step) {
    const IncompleteGamma g = incomplete_gamma(a, log_x);
    const double change = p <= 0.5 ? (std::log(p) - g.log_p) * std::exp(g.log_p - g.log_density)
                                   : (g.log_q - std::log1p(-p)) * std::exp(g.log_q - g.log_density);
    log_x += change;
    if (std::abs(change) < 1e-9) break;  // the next change is about its square
  }
  return log_x;
}

}  // namespace tapestry::prob
