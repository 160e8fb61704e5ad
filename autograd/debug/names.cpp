#include "autograd/debug/names.hpp"

#include <fmt/format.h>

namespace tapestry::debug {

const Node& node_at(const Tape& tape, std::int32_t index) {
  return tape.nodes()[static_cast<std::size_t>(index)];
}

std::string node_name(const Tape& tape, std::int32_t index) {
  const Node& n = node_at(tape, index);
  if (n.op) {
    return n.label ? fmt::format("{} {} ({})", index, n.op->name, n.label)
                   : fmt::format("{} {}", index, n.op->name);
  }
  if (n.parameter) return fmt::format("{} {}", index, n.parameter->name());
  return fmt::format("{} {}", index, n.label ? n.label : n.keep_grad ? "watched" : "constant");
}

std::string place_text(SourceLoc where) {
  return where.line ? fmt::format("{}:{}", where.file, where.line) : "?";
}

std::string place_of(const Node& node) {
  std::string text = place_text(node.src);
  const SourceLoc from = scope_info(node.scope).from;
  if (from.line) text += "  <- " + place_text(from);
  return text;
}

std::string at_line(const Tape& tape, std::int32_t index) {
  return fmt::format("{} at {}", node_name(tape, index), place_of(node_at(tape, index)));
}

std::string shape_text(const Tensor& t) { return fmt::format("{} {}", name(t.dtype()), t.shape()); }

}  // namespace tapestry::debug
