#pragma once

#include "autograd/tensor.hpp"

// Codes to decode for the two usual pictures of a latent space. Not recorded.

namespace tapestry::vae {

/// Straight lines between pairs of codes z [N, Z]: from row 0 to row 1, from row 2 to row 3 and so on,
/// `steps` codes each with both ends: [N/2 * steps, Z]. A last row without a partner is left out.
/// ShapeError for fewer than two rows, ConfigError for fewer than two steps.
Tensor between_pairs(const Tensor& z, int steps);

/// The plane of a code of two numbers as side x side points of equal prior mass: quantiles of N(0, 1) to
/// the right and upwards, row by row from the top (AEVB, figure 4). [side^2, 2]; ConfigError unless
/// side >= 1.
Tensor manifold_codes(int side);

}  // namespace tapestry::vae
