#pragma once

#include "concepts/hierarchies/diffusion_digits.hpp"

// Wrong versions of a diffusion's bound in bits per dimension.

namespace concepts {

/// The KL of the path with T steps, at one time for each image.
using PathTerm =
    std::function<Tensor(Diffusion&, const Tensor& x, const Tensor& t, const Tensor& eps, int T)>;
using Levels = std::function<Tensor(const Tensor& images)>;
using Bits = std::function<double(double nats, std::int64_t pixels)>;

inline Tensor path_term(Diffusion& d, const Tensor& x, const Tensor& t, const Tensor& eps, int T) {
  return d.path(x, t, eps, T);
}
/// The error of the noise, without the weight that makes it a KL.
inline Tensor error_alone(Diffusion& d, const Tensor& x, const Tensor& t, const Tensor& eps, int) {
  return d.error(x, t, eps);
}
/// Levels 2/255 apart for cells that are 2/256 wide.
inline Tensor levels_to_the_ends(const Tensor& images) { return 2.0 * images - 1.0; }
/// log_2 of 128: right for densities of pixels in (-1, 1), not for probabilities of levels.
inline double offset_seven(double nats, std::int64_t pixels) {
  return bits_per_dimension(nats, pixels) + 7;
}

}  // namespace concepts
