#include "autograd/attributes.hpp"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "autograd/ops.hpp"

namespace tapestry {
namespace {

std::vector<int> masked_axes(std::int64_t mask, int rank) {
  std::vector<int> axes;
  for (int axis = 0; axis < rank; ++axis)
    if (mask >> axis & 1) axes.push_back(axis);
  return axes;
}

std::int64_t elements(const std::vector<int>& axes, const Shape& x) {
  std::int64_t n = 1;
  for (const int axis : axes) n *= x[axis];
  return n;
}

std::string text_of(char kind, std::size_t place, const Attrs& attrs, const Shape& x) {
  const std::span<const std::int64_t> all = attrs.i;
  switch (kind) {
    case 'i':
      return fmt::format("{}", attrs.i[place]);
    case 'f':
      return fmt::format("{}", attrs.f[place]);
    case 'b':
      return attrs.i[place] ? "true" : "";
    case 'a':
      return name(static_cast<Activation>(attrs.i[place]));
    case 'm':
      return fmt::format("{}", fmt::join(masked_axes(attrs.i[place], x.rank()), ","));
    case 'n':
      return fmt::format("{}", elements(masked_axes(attrs.i[place], x.rank()), x));
    case 's':
      return to_string(packed_shape(attrs));
    case 'p':
      return to_string(all.first(static_cast<std::size_t>(x.rank())));
    default:
      return {};
  }
}

}  // namespace

Shape packed_shape(const Attrs& attrs) {
  const std::span<const std::int64_t> all = attrs.i;
  return Shape(all.back() < -1 ? all.first(static_cast<std::size_t>(-2 - all.back())) : all);
}

Activation fused_activation(const OpInfo& op, const Attrs& attrs) {
  const std::string_view kinds = op.attributes;
  const std::size_t at = kinds.find(":a");
  if (at == kinds.npos) return Activation::none;
  return static_cast<Activation>(attrs.i[static_cast<std::size_t>(kinds[at + 2] - '0')]);
}

std::vector<Attribute> attributes(const OpInfo& op, const Attrs& attrs, const Shape& x) {
  std::vector<Attribute> list;
  std::string_view rest = op.attributes;
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    const std::size_t colon = entry.find(':');
    const std::string_view kind = entry.substr(colon + 1);
    const auto place = kind.size() > 1 ? static_cast<std::size_t>(kind[1] - '0') : 0;
    std::string text = text_of(kind[0], place, attrs, x);
    if (!text.empty()) list.push_back({std::string(entry.substr(0, colon)), std::move(text)});
  }
  return list;
}

std::string attributes_text(const OpInfo& op, const Attrs& attrs, const Shape& x) {
  std::string text;
  for (const Attribute& a : attributes(op, attrs, x)) {
    if (!text.empty()) text += ' ';
    text += a.text == "true" ? a.name : a.name + "=" + a.text;
  }
  return text;
}

}  // namespace tapestry
