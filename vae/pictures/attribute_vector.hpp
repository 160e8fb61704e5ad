#pragma once

#include "autograd/tensor.hpp"

// Resynthesis (UDL section 17.8.3): encode an image, move its code, decode.

namespace tapestry::vae {

/// The mean code of the images with an attribute minus the mean code of those without: codes [N,
/// Z], has [N] of any dtype, where 0 means without. [Z]. Not recorded. The two groups should differ
/// in nothing else: whatever else correlates with the attribute in the data is part of the vector
/// too. ShapeError unless they fit; DomainError if a group is empty.
Tensor attribute_vector(const Tensor& codes, const Tensor& has);

/// codes [..., Z] moved by each of steps [T] times direction [Z]: [T, ..., Z]. For axis k alone,
/// direction is row k of eye(Z). ShapeError unless they fit.
Tensor traverse(const Tensor& codes, const Tensor& direction, const Tensor& steps);

}  // namespace tapestry::vae
