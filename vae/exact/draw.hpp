#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae::exact {

/// Draws from a joint density p(x, z), one a row, by ancestral sampling: z first, then x given z.
/// Never recorded.
struct Draw {
  Tensor z, x;
};

}  // namespace tapestry::vae::exact
