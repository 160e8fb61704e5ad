#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "concepts/adversarial/adversarial_autoencoder.hpp"
#include "vae/bounds/mmd.hpp"

// Priors that an adversarial autoencoder takes: all it needs are draws.

namespace concepts {

inline DrawPrior standard_normal(std::int64_t latents) {
  return [=](const Tensor& labels, Rng& rng) { return rng.normal({labels.dim(0), latents}); };
}

/// The centres of ten normals around a circle, [10, 2].
inline Tensor ring_centres() {
  std::vector<double> points;
  for (int k = 0; k < 10; ++k) {
    const double angle = 2 * std::numbers::pi * k / 10;
    points.insert(points.end(), {4 * std::cos(angle), 4 * std::sin(angle)});
  }
  return tensor(points, {10, 2});
}

/// One of the ten, drawn at random, or that of the label.
inline DrawPrior ring(bool of_label) {
  return [=](const Tensor& labels, Rng& rng) {
    const std::int64_t n = labels.dim(0);
    std::vector<std::int32_t> part;
    for (std::int64_t i = 0; i < n; ++i) part.push_back(static_cast<std::int32_t>(rng.below(10)));
    const Tensor centre = take_rows(ring_centres(), of_label ? labels : index_tensor(part, {n}));
    return centre + 0.4 * rng.normal({n, 2});
  };
}

/// The number of the nearest centre to each code [N, 2], i32 [N].
inline Tensor nearest_part(const Tensor& z) {
  return argmax(-vae::squared_distances(z, ring_centres()), -1);
}

}  // namespace concepts
