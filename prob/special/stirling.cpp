#include "prob/special/stirling.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/kernels/math.hpp"

namespace tapestry::prob {

namespace {

const double kHalfLog2Pi = 0.5 * std::log(2 * std::numbers::pi);

/// From here on the series below have all digits.
constexpr double kLarge = 10;

/// lgamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2)  (Abramowitz and Stegun 6.1.41)
double lgamma_rest(double x) {
  const double t = 1 / (x * x);
  return (1.0 / 12 -
          t * (1.0 / 360 -
               t * (1.0 / 1260 -
                    t * (1.0 / 1680 - t * (1.0 / 1188 - t * (691.0 / 360360 - t / 156)))))) /
         x;
}

/// log x - 1/(2x) - digamma(x)  (6.3.18)
double digamma_rest(double x) {
  const double t = 1 / (x * x);
  return t *
         (1.0 / 12 -
          t * (1.0 / 120 -
               t * (1.0 / 252 - t * (1.0 / 240 - t * (1.0 / 132 - t * (691.0 / 32760 - t / 12))))));
}

/// log(x / y), with all digits next to x = y.
double log_ratio(double x, double y) {
  const double u = (x - y) / y;
  return u < -0.5 ? std::log(x) - std::log(y) : std::log1p(u);
}

/// t - 1 - log t with t = x / y, >= 0.
double excess(double x, double y) { return (x - y) / y - log_ratio(x, y); }

/// What the rests leave of log_beta for large a and b.
double log_beta_rest(double a, double b) {
  return lgamma_rest(a) + lgamma_rest(b) - lgamma_rest(a + b);
}

}  // namespace

double log_beta(double a, double b) {
  if (a > b) std::swap(a, b);
  const double n = a + b;
  if (b < kLarge) return math::lgamma(a) + math::lgamma(b) - math::lgamma(n);
  if (a < kLarge)
    return math::lgamma(a) - (b - 0.5) * std::log1p(a / b) - a * (std::log(n) - 1) -
           lgamma_rest(n) + lgamma_rest(b);
  return (a - 0.5) * std::log(a / n) + b * std::log1p(-a / n) - 0.5 * std::log(b) + kHalfLog2Pi +
         log_beta_rest(a, b);
}

double digamma_step(double a, double h) {
  const double n = a + h;
  if (a < kLarge) return math::digamma(n) - math::digamma(a);
  return std::log1p(h / a) + 0.5 * h / (a * n) + digamma_rest(a) - digamma_rest(n);
}

double gamma_log_density(double a, double rate, double x) {
  const double y = rate * x, log_x = std::log(x);
  if (a < kLarge) return a * std::log(rate) + (a - 1) * log_x - y - math::lgamma(a);
  // a (log(y/a) - (y/a - 1)) <= 0, and the density of log x at its mode
  const double u = (y - a) / a,
               log_ratio = u < -0.5 ? std::log(rate) + log_x - std::log(a) : std::log1p(u);
  return a * (log_ratio - u) + 0.5 * std::log(a) - kHalfLog2Pi - lgamma_rest(a) - log_x;
}

double beta_log_density(double a, double b, double x) {
  const double log_x = std::log(x), log_1mx = std::log1p(-x);
  if (std::min(a, b) < kLarge) return (a - 1) * log_x + (b - 1) * log_1mx - log_beta(a, b);
  // a log(x / m) + b log((1 - x) / (1 - m)) <= 0 with m = a / n, and the density of logit x at its mode
  const double n = a + b, off = x * n - a;
  const double log_up = off < -a / 2 ? log_x + std::log(n / a) : std::log1p(off / a),
               log_down = off > b / 2 ? log_1mx + std::log(n / b) : std::log1p(-off / b);
  return a * log_up + b * log_down + 0.5 * std::log(a / n * b) - kHalfLog2Pi - log_beta_rest(a, b) -
         log_x - log_1mx;
}

double gamma_entropy(double a) {
  if (a < kLarge) return a + math::lgamma(a) + (1 - a) * math::digamma(a);
  return 0.5 * std::log(a) + kHalfLog2Pi + 0.5 + lgamma_rest(a) - 0.5 / a +
         (a - 1) * digamma_rest(a);
}

double student_t_entropy(double v) {
  return 0.5 * (v + 1) * digamma_step(v / 2, 0.5) + log_beta(v / 2, 0.5) + 0.5 * std::log(v);
}

double beta_entropy(double a, double b) {
  const double n = a + b;
  if (std::min(a, b) < kLarge)
    return log_beta(a, b) + (a - 1) * digamma_step(a, b) + (b - 1) * digamma_step(b, a);
  return 0.5 * (std::log(a / n) + std::log(b / n) - std::log(n)) + kHalfLog2Pi + 0.5 +
         log_beta_rest(a, b) - 0.5 / a - 0.5 / b + 1 / n + (a - 1) * digamma_rest(a) +
         (b - 1) * digamma_rest(b) - (n - 2) * digamma_rest(n);
}

double gamma_kl(GammaParameters q, GammaParameters p) {
  if (std::min(q.a, p.a) < kLarge)
    return math::lgamma(p.a) - math::lgamma(q.a) - (p.a - q.a) * math::digamma(q.a) +
           q.a * (p.rate - q.rate) / q.rate - p.a * log_ratio(p.rate, q.rate);
  // of the means, of the widths, and of what Stirling's formula leaves
  return p.a * excess(q.a * p.rate, p.a * q.rate) + 0.5 * excess(p.a, q.a) +
         (p.a - q.a) * digamma_rest(q.a) + lgamma_rest(p.a) - lgamma_rest(q.a);
}

}  // namespace tapestry::prob
