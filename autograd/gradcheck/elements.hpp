#pragma once

#include <string>
#include <vector>

#include "autograd/op.hpp"

namespace tapestry::checking {

/// The coordinates of an element, and as text: "[2,3]".
std::vector<std::int64_t> index_of(const Shape& shape, std::int64_t element);
std::string index_text(const Shape& shape, std::int64_t element);

/// Whether a tensor of shape `from` is repeated to `to` by broadcasting, and along which axes of `to`.
bool broadcasts(const Shape& from, const Shape& to);
std::vector<int> repeated_axes(const Shape& from, const Shape& to);
/// "axis 1", "axes 0, 2"
std::string axes_text(const std::vector<int>& axes);

/// The name of operand i, for example "left".
std::string operand_name(const OpInfo& op, int i);

}  // namespace tapestry::checking
