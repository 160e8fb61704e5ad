#pragma once

#include <string>
#include <string_view>

#include "autograd/debug/session/session.hpp"

namespace tapestry::debug {

/// The tensor that an expression names at a node:
///
///     y, x, a, weight     the node's value and its operands, by the letters of its formula
///     dy, dx, dweight     the gradient, and what the node sends or sent to an operand
///     17, d17             value and gradient of another node
///     z, encoder.fc1.bias value of a label or parameter; with a d before it, its gradient
///     x[1:3,:5]           a part: rows 1 and 2, the first five columns; negative counts from the end
///
/// ConfigError for an unknown name, a gradient that has not arrived, a value that was not
/// kept, or a part outside the tensor.
Tensor evaluate(Session& session, std::int32_t node, std::string_view expression);

/// The part of a tensor that a subscript such as "1:3,:5" or "2" selects.
Tensor part_of(const Tensor& x, std::string_view subscript);

/// The row-major number of the element that "[2,7]" selects.
std::int64_t element_number(const Shape& shape, std::string_view subscript);

/// The node with this number, label or parameter name; ConfigError if there is none.
std::int32_t find_node(const Tape& tape, std::string_view name);

}  // namespace tapestry::debug
