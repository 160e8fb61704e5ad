#pragma once

#include "concepts/discrete/train_codes.hpp"

// A wrong version of a step of the second stage.

namespace concepts {

/// The condition is there in training only.
inline Tensor told_nothing(const Tensor& above) { return zeros_like(above); }

}  // namespace concepts
