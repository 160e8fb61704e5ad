#include "vae/exact/line_noise.hpp"

namespace tapestry::vae::exact {

namespace {

/// The variance of b e + c e^2 for e ~ N(0, 1).
double variance_of_quadratic(double b, double c) { return b * b + 2 * c * c; }

/// Noise of f(z) + k e^2 with z = mean + scale e, for a quadratic f with the given slope at the mean
/// and the given curvature. k e^2 stands for what an estimator adds that q's parameters do not move;
/// `score` is what it subtracts from the slope f'(z), in units of e.
Noise noise_of(double slope, double curvature, double scale, double k, double score) {
  // f'(z) - score e = slope + (curvature scale - score) e, and dz/d log scale = scale e
  const double along = curvature * scale - score;
  return {.value = variance_of_quadratic(scale * slope, 0.5 * curvature * scale * scale + k),
          .d_mean = variance_of_quadratic(along, 0),
          .d_log_scale = variance_of_quadratic(scale * slope, scale * along)};
}

}  // namespace

LineNoise line_noise(const Line& line, double x, const prob::Normal& q) {
  const double w = line.w.item(), s = line.s.item(), mean = q.loc.item(), scale = q.scale.item();
  const double lik_slope = w * (x - w * mean) / (s * s), lik_curvature = -w * w / (s * s);
  const double joint_slope = lik_slope - mean, joint_curvature = lik_curvature - 1;
  // log q(z) = -e^2/2 - log scale + constant: e^2/2 is noise of the value that no gradient sees,
  // unless the score term d log q/dz = -e / scale is left out of the sum that cancels it.
  return {.generic = noise_of(joint_slope, joint_curvature, scale, 0.5, 0),
          .analytic_kl = noise_of(lik_slope, lik_curvature, scale, 0, 0),
          .stl = noise_of(joint_slope, joint_curvature, scale, 0.5, -1 / scale)};
}

}  // namespace tapestry::vae::exact
