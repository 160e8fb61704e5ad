#pragma once

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "vae/models/mlp.hpp"
#include "vae/pictures/slerp.hpp"

/// The model of spherical_interpolation.cpp (C75), which begins with its equations.
namespace tapestry::concepts {

constexpr std::int64_t kLatents = 100;

inline Tensor norm(const Tensor& z) { return sqrt(sum(square(z), -1)); }

/// E |z| of z ~ N(0, I_d): sqrt(2) Gamma((d + 1) / 2) / Gamma(d / 2).
inline double mean_norm(double d) {
  return std::numbers::sqrt2 * std::exp(std::lgamma((d + 1) / 2) - std::lgamma(d / 2));
}

/// The angle between unit vectors a and b [n, d], [n, 1].
inline Tensor angle(const Tensor& a, const Tensor& b) {
  const Tensor cosine = sum(a * b, -1, true);
  std::vector<double> w = cosine.to_vector();
  for (double& each : w) each = std::acos(each);
  return tensor(w, cosine.shape());
}

/// Shoemake's formula as it stands above, for unit vectors a and b [n, d].
inline Tensor shoemake(const Tensor& a, const Tensor& b, double t) {
  const Tensor w = angle(a, b);
  return (sin((1 - t) * w) * a + sin(t * w) * b) / sin(w);
}

inline Tensor arc(const Tensor& a, const Tensor& b, double t) { return vae::slerp(a, b, t); }
inline Tensor line(const Tensor& a, const Tensor& b, double t) { return vae::lerp(a, b, t); }

/// Where a strip begins or ends: a code of each image.
inline Tensor codes(vae::MlpVae& model, const Tensor& x, Rng& rng) {
  return model.encode(x).sample(rng);
}

}  // namespace tapestry::concepts
