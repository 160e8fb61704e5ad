#include "autograd/debug/screen/expression.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "autograd/debug/names.hpp"
#include "autograd/debug/screen/screen.hpp"

namespace tapestry::debug {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

struct AxisRange {
  std::int64_t first, last;  // last is one behind
  bool single;               // one index: the axis is removed
};

AxisRange range(std::string_view text, std::int64_t size, int axis) {
  const auto bad = [&](const char* why) {
    return ConfigError(
        fmt::format("[{}] on axis {}: {}", text, axis, why),
        fmt::format("the axis has the indices 0 to {}; 1:3 means 1 and 2", size - 1));
  };
  const auto index = [&](std::string_view t, std::int64_t otherwise) {
    if (t.empty()) return otherwise;
    const auto n = number(t);
    if (!n) throw bad("no number");
    return *n < 0 ? *n + size : *n;
  };
  const std::size_t colon = text.find(':');
  AxisRange r{0, 0, colon == text.npos};
  if (r.single) {
    if (text.empty()) throw bad("no number");
    r.first = index(text, 0);
    r.last = r.first + 1;
  } else {
    r.first = index(text.substr(0, colon), 0);
    r.last = index(text.substr(colon + 1), size);
  }
  if (r.first < 0 || r.last > size || r.first >= r.last) throw bad("outside");
  return r;
}

std::vector<std::string_view> at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == text.npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::vector<AxisRange> ranges(const Shape& shape, std::string_view subscript) {
  const auto parts = at_commas(subscript);
  check<ConfigError>(std::ssize(parts) <= shape.rank(), "[{}]: {} has {} axes", subscript, shape,
                     shape.rank());
  std::vector<AxisRange> all;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    all.push_back(axis < std::ssize(parts)
                      ? range(parts[static_cast<std::size_t>(axis)], shape[axis], axis)
                      : AxisRange{0, shape[axis], false});
  }
  return all;
}

const Tensor& kept(const Tape& tape, std::int32_t node) {
  const Tensor& value = node_at(tape, node).out;
  if (value.defined()) return value;
  throw ConfigError(fmt::format("the value of {} was not kept", node_name(tape, node)),
                    "Tape tape({.keep = Keep::all}) keeps every value");
}

Tensor arrived(const Session& s, std::int32_t node) {
  if (s.phase() != Phase::forward && s.grad(node).defined()) return s.grad(node);
  throw ConfigError(fmt::format("{} has no gradient yet", node_name(s.tape(), node)),
                    "why tells the reason");
}

// What a node sends to an operand if it is its turn, or has sent.
Tensor sent(Session& s, std::int32_t node, int operand) {
  if (node == s.at() && s.phase() == Phase::reverse) {
    if (const Tensor& part = s.outgoing()[static_cast<std::size_t>(operand)]; part.defined()) {
      return part;
    }
  } else if (s.phase() != Phase::forward) {
    const Tape& tape = s.tape();
    for (const Contribution& part : s.contributions(tape.input(node_at(tape, node), operand))) {
      if (part.from == node && part.operand == operand) return part.value;
    }
  }
  throw ConfigError(
      fmt::format("{} has sent nothing to operand {}", node_name(s.tape(), node), operand));
}

std::optional<std::int32_t> try_find(const Tape& tape, std::string_view name) {
  const auto count = std::ssize(tape.nodes());
  if (const auto n = number(name)) {
    if (*n >= 0 && *n < count) return static_cast<std::int32_t>(*n);
    throw ConfigError(fmt::format("there is no node {}", name),
                      fmt::format("the tape holds the nodes 0 to {}", count - 1));
  }
  for (auto i = static_cast<std::int32_t>(count); i-- > 0;) {
    const Node& n = node_at(tape, i);
    if ((n.label && n.label == name) || (n.parameter && n.parameter->name() == name)) return i;
  }
  return {};
}

// By the letters of the node's formula, then by number, label or parameter.
std::optional<Tensor> look_up(Session& s, std::int32_t at, std::string_view name) {
  const Tape& tape = s.tape();
  const Node& node = node_at(tape, at);
  if (name == "y") return kept(tape, at);
  if (name == "dy") return arrived(s, at);
  if (node.op) {
    const auto letters = operand_letters(node);
    for (int i = 0; i < node.arity; ++i) {
      const std::string& letter = letters[static_cast<std::size_t>(i)];
      if (name == letter) return kept(tape, tape.input(node, i));
      if (name.starts_with('d') && name.substr(1) == letter) return sent(s, at, i);
    }
  }
  if (const auto found = try_find(tape, name)) return kept(tape, *found);
  if (name.starts_with('d')) {
    if (const auto found = try_find(tape, name.substr(1))) return arrived(s, *found);
  }
  return {};
}

}  // namespace

std::int32_t find_node(const Tape& tape, std::string_view name) {
  if (const auto found = try_find(tape, name)) return *found;
  throw ConfigError(
      fmt::format("nothing on this tape is called '{}'", name),
      "a node's number, a label given with named(), or a parameter that some op read");
}

Tensor part_of(const Tensor& x, std::string_view subscript) {
  const std::vector<AxisRange> all = ranges(x.shape(), subscript);
  std::vector<std::int64_t> kept_sizes;
  std::vector<std::int64_t> at;
  std::int64_t count = 1;
  for (const AxisRange& r : all) {
    if (!r.single) kept_sizes.push_back(r.last - r.first);
    count *= r.last - r.first;
    at.push_back(r.first);
  }
  const std::vector<double> values = x.to_vector();
  std::vector<double> picked;
  for (std::int64_t k = 0; k < count; ++k) {
    std::int64_t offset = 0;
    for (int axis = 0; axis < x.rank(); ++axis) {
      offset = offset * x.dim(axis) + at[static_cast<std::size_t>(axis)];
    }
    picked.push_back(values[static_cast<std::size_t>(offset)]);
    for (auto axis = static_cast<std::size_t>(x.rank()); axis-- > 0;) {  // the next index
      if (++at[axis] < all[axis].last) break;
      at[axis] = all[axis].first;
    }
  }
  return tensor(picked, Shape(kept_sizes), x.dtype() == DType::i32 ? DType::f64 : x.dtype());
}

std::int64_t element_number(const Shape& shape, std::string_view subscript) {
  if (subscript.starts_with('[') && subscript.ends_with(']')) {
    subscript = subscript.substr(1, subscript.size() - 2);
  }
  const std::vector<AxisRange> all =
      shape.rank() == 0 && subscript.empty() ? std::vector<AxisRange>() : ranges(shape, subscript);
  std::int64_t element = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const AxisRange& r = all[static_cast<std::size_t>(axis)];
    check<ConfigError>(r.single, "[{}] is no single element of {}", subscript, shape);
    element = element * shape[axis] + r.first;
  }
  return element;
}

Tensor evaluate(Session& s, std::int32_t node, std::string_view expression) {
  const std::size_t bracket = expression.find('[');
  const std::string_view name = expression.substr(0, bracket);
  const auto found = look_up(s, node, name);
  if (!found) {
    const Node& n = node_at(s.tape(), node);
    std::string here = "y, dy";
    if (n.op) {
      for (const std::string& letter : operand_letters(n))
        here += fmt::format(", {0}, d{0}", letter);
    }
    throw ConfigError(fmt::format("nothing here is called '{}'", name),
                      fmt::format("this node has {}; others go by number, label or parameter: "
                                  "17, d17, encoder.fc1.bias",
                                  here));
  }
  if (bracket == expression.npos) return *found;
  check<ConfigError>(expression.ends_with(']'), "'{}' lacks its closing bracket", expression);
  return part_of(*found, expression.substr(bracket + 1, expression.size() - bracket - 2));
}

}  // namespace tapestry::debug
