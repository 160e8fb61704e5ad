#pragma once

#include "concepts/posteriors/hamiltonian_posterior.hpp"

// Wrong versions of what stands in the place of log q(z_T).

namespace concepts {

inline Tensor r_forgotten(const Tensor& log_q, const Tensor&, const Tensor&) { return log_q; }
/// Leapfrog steps keep volume, whatever their size.
inline Tensor step_counted(const Tensor& log_q, const Tensor& log_r, const Tensor& size) {
  return log_q - log_r - sum(log(size), -1);
}

}  // namespace concepts
