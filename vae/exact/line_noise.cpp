#include "vae/exact/line_noise.hpp"

#include <vector>

#include "autograd/ops.hpp"

namespace tapestry::vae::exact {

namespace {

/// The first two derivatives by z, at one place.
struct Slopes {
  double slope, curvature;
};
Slopes of_log_lik(const Line& line, double x, double z) {
  const double w = line.w.item(), variance = line.s.item() * line.s.item();
  return {w * (x - w * z) / variance, -w * w / variance};
}
Slopes of_log_joint(const Line& line, double x, double z) {
  const Slopes lik = of_log_lik(line, x, z);
  return {lik.slope - z, lik.curvature - 1};
}

/// A polynomial in the noise e ~ N(0, 1): coefficients of 1, e, e^2, ...
struct Polynomial {
  std::vector<double> coefficients;
};

Polynomial operator*(const Polynomial& p, const Polynomial& q) {
  const auto &a = p.coefficients, &b = q.coefficients;
  Polynomial out{std::vector<double>(a.size() + b.size() - 1, 0.0)};
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) out.coefficients[i + j] += a[i] * b[j];
  return out;
}

/// E p(e), from E e^k = (k - 1) E e^(k-2).
double expectation(const Polynomial& p) {
  double total = 0, moment = 1;
  for (std::size_t k = 0; k < p.coefficients.size(); k += 2) {
    total += p.coefficients[k] * moment;
    moment *= static_cast<double>(k + 1);
  }
  return total;
}

double variance(const Polynomial& p) {
  const double mean = expectation(p);
  return expectation(p * p) - mean * mean;
}

/// Noise of f(z) + k e^2 with z = mean + scale e, for a quadratic f of these slopes at the mean.
/// k e^2 is the term of an estimator that does not depend on q's parameters; `score` is the term
/// that it subtracts from f'(z), in units of e.
EstimatorNoise noise_of(const Slopes& f, double scale, double k, double score) {
  const auto [slope, curvature] = f;
  // f'(z) - score e = slope + (curvature scale - score) e, and dz/d log scale = scale e
  const double along = curvature * scale - score;
  return {.value = variance({{0, scale * slope, 0.5 * curvature * scale * scale + k}}),
          .d_mean = variance({{0, along}}),
          .d_log_scale = variance({{0, scale * slope, scale * along}})};
}

}  // namespace

LineNoise line_noise(const Line& line, double x, const prob::Normal& q) {
  const double mean = q.loc.item(), scale = q.scale.item();
  const Slopes lik = of_log_lik(line, x, mean), joint = of_log_joint(line, x, mean);
  // log q(z) = -e^2/2 - log scale + constant: e^2/2 is noise in the value but not in the gradient,
  // unless the score term d log q/dz = -e / scale is left out of the sum that cancels it.
  return {.generic = noise_of(joint, scale, 0.5, 0),
          .analytic_kl = noise_of(lik, scale, 0, 0),
          .stl = noise_of(joint, scale, 0.5, -1 / scale)};
}

EstimatorNoise score_function_noise(const Line& line, double x, const prob::Normal& q,
                                    double baseline) {
  const double scale = q.scale.item();
  const auto [slope, curvature] = of_log_joint(line, x, q.loc.item());
  const Tensor at_mean = line.log_joint(full({}, x, q.loc.dtype()), q.loc) - q.log_prob(q.loc);
  const Polynomial signal{
      {at_mean.item() - baseline, slope * scale, 0.5 * curvature * scale * scale + 0.5}};
  // d log q / d mean = e / scale and d log q / d log scale = e^2 - 1
  return {.value = variance(signal),
          .d_mean = variance(signal * Polynomial{{0, 1 / scale}}),
          .d_log_scale = variance(signal * Polynomial{{-1, 0, 1}})};
}

}  // namespace tapestry::vae::exact
