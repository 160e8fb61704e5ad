#pragma once

#include "concepts/posteriors/hamiltonian_posterior.hpp"

// Wrong versions of the steps of Hamiltonian variational inference.

namespace concepts {

/// What is learned does not reach the slope: its gradient is a biased one.
inline Phase gradient_detached(const Slope& slope, Phase at, const Tensor& size, const Tensor& mass,
                               int steps) {
  return leapfrog([&](const Tensor& z) { return slope(z.detach()).detach(); }, std::move(at), size,
                  mass, steps);
}
/// Whole steps of v in the place of half ones before and after.
inline Phase whole_steps(const Slope& slope, Phase at, const Tensor& size, const Tensor& mass,
                         int steps) {
  for (int step = 0; step < steps; ++step) {
    at.v += size * slope(at.z);
    at.z += size * at.v / mass;
  }
  return at;
}
/// Both are moved by what they were before: that does not keep volume.
inline Phase both_at_once(const Slope& slope, Phase at, const Tensor& size, const Tensor& mass,
                          int steps) {
  for (int step = 0; step < steps; ++step)
    at = {at.z + size * at.v / mass, at.v + size * slope(at.z)};
  return at;
}

}  // namespace concepts
