#pragma once

// Arrays of numbers and ops on them: what Tapestry's Tensor and OpInfo are, on a page. You write
// gradients.cpp; this file is given and the checks use the original, so changes here have no effect.

#include <string>
#include <vector>

#include "todo.hpp"

namespace tiny {

using course::todo;  // marks what is still to be written

using Shape = std::vector<int>;  ///< {} is a single number, {3} a vector, {2, 3} a matrix

/// Numbers row by row, so that the last axis moves fastest: element (i, j) of a matrix {n, d} is
/// data[i * d + j].
struct Array {
  Shape shape;
  std::vector<double> data;
};
using Arrays = std::vector<Array>;

/// Number of elements: the product of the axes, 1 for {}.
int size_of(const Shape& shape);
Array zeros(const Shape& shape);
/// "{2, 3}"
std::string text(const Shape& shape);

/// Everything about one op, in one row, as in Tapestry's OpInfo.
struct Op {
  const char* name;
  /// The value y of the operands.
  Array (*forward)(const Arrays& in);
  /// dL/d(operand) for each operand, in their shapes, from the operands, the value and dL/dy.
  Arrays (*backward)(const Arrays& in, const Array& y, const Array& dy);
  /// Operands on which the gradient is worth checking.
  std::vector<Arrays> (*samples)();
};

/// 2.1  What a gradient `dy` is for an operand of this shape that was broadcast to dy's: the sum over
/// all elements that one element was copied to. Shapes are compared from the right; an axis is
/// copied when the operand has 1 there, or no such axis. Throws std::invalid_argument when an operand
/// of this shape cannot be broadcast to dy's.
Array sum_to(const Array& dy, const Shape& shape);

/// 2.2  y = a b of matrices {n, k} and {k, m}. The value is given, and its gradient is yours.
extern const Op kMatmul;

/// 2.3  Over the rows of a matrix {n, d}: y_i = log sum_j exp(x_ij), of shape {n}, and the softmax,
/// y_ij = exp(x_ij) / sum_k exp(x_ik), of shape {n, d}. Right for any finite x, and for -infinity as
/// long as its row has another number.
extern const Op kLogSumExp, kSoftmax;

/// 2.4  Minus the log probability of a target t between 0 and 1 under a logit l, for each element:
/// y = -t log p - (1 - t) log(1 - p) with p = 1 / (1 + exp(-l)). Right for any finite l. The operands are
/// l and t, of one shape, and each has a gradient.
extern const Op kBce;

/// 2.5  The op of your course; gradients.cpp says which.
extern const Op kVariation;

/// 2.6  A test: whether an op's gradient is that of its value, on the op's own samples.
bool gradient_is_right(const Op& op);

}  // namespace tiny
