#pragma once

#include "concepts/decoders/sigma_vae.hpp"

// Wrong versions of the sigma-VAE.

namespace concepts {

/// sigma* in the place of its square.
inline Tensor deviation_for_variance(const Tensor& x, const Tensor& f) {
  return sqrt(best_variance(x, f));
}
/// The reconstruction is averaged over the pixels, the KL is a sum over the latents.
inline Tensor mean_over_pixels(const Tensor& x, const Tensor& f, const Tensor& variance) {
  return log_density(x, f, variance) / static_cast<double>(x.dim(-1));
}
/// Each image that is tested has a sigma of its own, made from the image: [B, 1].
inline Tensor sigma_of_each_image(SigmaVae&, const Tensor& x, const Tensor& f) {
  return mean(square(x - f), -1, true);
}

}  // namespace concepts
