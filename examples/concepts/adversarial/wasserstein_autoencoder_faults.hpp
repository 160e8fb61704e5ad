#pragma once

#include "concepts/adversarial/wasserstein_autoencoder.hpp"

// Wrong versions of the divergence.

namespace concepts {

/// The mean over all pairs: k(a, a) = 1 is counted in, so that equal distributions are apart.
inline Divergence diagonal_included(const InverseMultiquadratic& kernel) {
  return [kernel](const Tensor& a, const Tensor& b) {
    const double n = static_cast<double>(a.dim(0));
    // All n^2 pairs in place of the n (n - 1): each of the n others gives k(a, a) + k(b, b) - 2 k(a, b).
    Tensor own = zeros({}, a.dtype());
    const Tensor apart = sum(square(a - b), -1);
    for (const double scale : kernel.scales)
      own = own +
            mean(2.0 - 2.0 * scale / (scale + apart)) / static_cast<double>(kernel.scales.size());
    return ((n - 1) * vae::mmd_squared(a, b, kernel) + own) / n;
  };
}

/// A negative value is taken for a mistake.
inline Divergence clipped_at_zero(const InverseMultiquadratic& kernel) {
  return
      [kernel](const Tensor& a, const Tensor& b) { return relu(vae::mmd_squared(a, b, kernel)); };
}

/// C = 2 D sigma in the place of 2 D sigma^2, times 0.1 ... 10.
inline InverseMultiquadratic of_sigma(std::int64_t D, double variance) {
  return InverseMultiquadratic::of_normal(D, std::sqrt(variance));
}

}  // namespace concepts
