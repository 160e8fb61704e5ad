#pragma once

#include <string>
#include <vector>

#include "autograd/op.hpp"

namespace tapestry::checking {

/// Whether a tensor of shape `from` is repeated to `to` by broadcasting, and along which axes of `to`.
bool broadcasts(const Shape& from, const Shape& to);
std::vector<int> repeated_axes(const Shape& from, const Shape& to);
/// "axis 1", "axes 0, 2"
std::string axes_text(const std::vector<int>& axes);

}  // namespace tapestry::checking
