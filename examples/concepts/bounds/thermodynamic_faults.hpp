#pragma once

#include "concepts/bounds/thermodynamic.hpp"

// Wrong versions of single steps of the thermodynamic objective.

namespace concepts {

/// Every term is weighed as if beta were 1.
inline Tensor not_tempered(const Tensor& log_w, double) { return softmax(log_w, 0); }

/// The left sum with such weights.
inline Tensor bound_not_tempered(const Tensor& log_w, std::span<const double> betas) {
  Tensor sum_of_terms = zeros({log_w.dim(1)}, log_w.dtype());
  for (std::size_t i = 0; i < betas.size(); ++i) {
    const double step = (i + 1 < betas.size() ? betas[i + 1] : 1) - betas[i];
    sum_of_terms = sum_of_terms + step * sum(not_tempered(log_w, betas[i]) * log_w, 0);
  }
  return sum_of_terms;
}

}  // namespace concepts
