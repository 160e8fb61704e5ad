#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::vae::exact {

/// Draws from a joint density p(x, z), one a row: what a model samples ancestrally, z first and
/// then x given z. Never recorded.
struct Draw {
  Tensor z, x;
};

}  // namespace tapestry::vae::exact
