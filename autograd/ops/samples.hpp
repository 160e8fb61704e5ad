#pragma once

#include <vector>

#include "autograd/op.hpp"

// Inputs for the generic gradient test: smooth, irregular numbers in f64, in the shapes where loops
// go wrong (scalar, row, matrix, three axes, an axis of size 1, no elements at all).

namespace tapestry::samples {

/// Irregular values in [low, high], the same on every machine.
Tensor values(const Shape& shape, double low = -2, double high = 2, std::uint32_t seed = 1);

/// One operand with values in [low, high].
std::vector<Sample> unary(double low, double high, Attrs attrs = {});
inline std::vector<Sample> real() { return unary(-2, 2); }
inline std::vector<Sample> positive() { return unary(0.2, 3); }

/// Two operands in every way they broadcast, with values in [low, high].
std::vector<Sample> binary(double low, double high);

}  // namespace tapestry::samples
