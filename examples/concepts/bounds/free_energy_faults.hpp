#pragma once

#include "concepts/bounds/free_energy.hpp"

// Wrong versions of steps of the variational free energy.

namespace concepts {

inline Tensor entropy_added(const Tensor& mean_energy, const Tensor& entropy, const Tensor& T) {
  return mean_energy + T * entropy;
}
inline Tensor energy_heated(const Tensor& mean_energy, const Tensor& entropy, const Tensor& T) {
  return T * mean_energy - entropy;
}
/// All coins move at once, each as if the others stayed.
inline prob::Bernoulli move_all(const Pull& pull, const prob::Bernoulli& q, std::int64_t) {
  return prob::Bernoulli(pull(q), 1);
}

}  // namespace concepts
