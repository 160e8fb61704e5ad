#pragma once

#include <vector>

#include "autograd/op.hpp"

// Inputs for the generic gradient test: smooth, irregular numbers in f64, in the shapes where loops
// go wrong (scalar, row, matrix, three axes, an axis of size 1, no elements at all).

namespace tapestry::test_inputs {

/// Irregular values in [low, high], the same on every machine.
Tensor values(const Shape& shape, double low = -2, double high = 2, std::uint32_t seed = 1);

/// One operand with values in [low, high].
std::vector<TestInput> unary(double low, double high, Attrs attrs = {});
inline std::vector<TestInput> real() { return unary(-2, 2); }
inline std::vector<TestInput> positive() { return unary(0.2, 3); }

/// Two operands in every way they broadcast, with values in [low, high].
std::vector<TestInput> binary(double low, double high);
inline std::vector<TestInput> real_pairs() { return binary(-2, 2); }
inline std::vector<TestInput> positive_pairs() { return binary(0.3, 2); }

}  // namespace tapestry::test_inputs
