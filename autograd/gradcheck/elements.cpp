#include "autograd/gradcheck/elements.hpp"

#include <fmt/format.h>

namespace tapestry::checking {

bool broadcasts(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (int axis = 1; axis <= from.rank(); ++axis) {
    if (from[-axis] != to[-axis] && from[-axis] != 1) return false;
  }
  return true;
}

std::vector<int> repeated_axes(const Shape& from, const Shape& to) {
  std::vector<int> axes;
  for (int axis = 0; axis < to.rank(); ++axis) {
    const int own = axis - to.rank() + from.rank();
    if (own < 0 || (from[own] == 1 && to[axis] != 1)) axes.push_back(axis);
  }
  return axes;
}

std::string axes_text(const std::vector<int>& axes) {
  return fmt::format("{} {}", axes.size() == 1 ? "axis" : "axes", fmt::join(axes, ", "));
}

}  // namespace tapestry::checking
