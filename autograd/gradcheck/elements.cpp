#include "autograd/gradcheck/elements.hpp"

#include <fmt/format.h>

namespace tapestry::checking {

std::vector<std::int64_t> index_of(const Shape& shape, std::int64_t element) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank(); axis-- > 0;) {
    index[static_cast<std::size_t>(axis)] = element % shape[axis];
    element /= shape[axis];
  }
  return index;
}

std::string index_text(const Shape& shape, std::int64_t element) {
  return fmt::format("[{}]", fmt::join(index_of(shape, element), ","));
}

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

std::string operand_name(const OpInfo& op, int i) {
  std::string_view names = op.args;
  for (int skip = i; skip > 0 && names.find(", ") != names.npos; --skip) {
    names.remove_prefix(names.find(", ") + 2);
  }
  return std::string(names.substr(0, names.find(", ")));
}

}  // namespace tapestry::checking
