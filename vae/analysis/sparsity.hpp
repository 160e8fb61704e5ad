#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae {

/// How unevenly the numbers of each row of codes [N, K] are spread, [N]: 0 when all have one size, 1 when all but one
/// are 0 (Hurley and Rickard, Comparing Measures of Sparsity, 2009, after Hoyer 2004).
///
///     (sqrt K - |z|_1 / |z|_2) / (sqrt K - 1),      z_k = code_k / its standard deviation over the rows
///
/// Without the division a latent that hardly moves looks like a 0. A latent that does not move at all counts as 0. In f64,
/// not recorded. ShapeError unless [N >= 2, K >= 2]; DomainError for a row of zeros.
Tensor hoyer_sparsity(const Tensor& codes);

}  // namespace tapestry::vae
