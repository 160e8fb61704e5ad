#include "autograd/debug/names.hpp"

#include <fmt/core.h>

#include "autograd/attributes.hpp"

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

namespace {

// Files of the library are recorded relative to its folder; those of a program are not.
bool in_library(SourceLoc where) {
  const std::string_view file = where.file;
  for (const std::string_view folder : {"autograd/", "nn/", "prob/", "vae/"}) {
    if (file.starts_with(folder)) return true;
  }
  return false;
}

}  // namespace

std::string place_of(const Node& node) {
  const SourceLoc from = scope_info(node.scope).from;
  if (in_library(node.src)) {
    for (ScopeId s = node.scope; s != 0; s = scope_info(s).parent) {
      const SourceLoc call = scope_info(s).from;
      if (call.line && !in_library(call)) return place_text(call) + "  -> " + place_text(node.src);
    }
  }
  std::string text = place_text(node.src);
  if (from.line) text += "  <- " + place_text(from);
  return text;
}

std::string at_line(const Tape& tape, std::int32_t index) {
  return fmt::format("{} at {}", node_name(tape, index), place_of(node_at(tape, index)));
}

std::string attributes_of(const Tape& tape, std::int32_t index) {
  const Node& n = node_at(tape, index);
  if (!n.op) return {};
  static const Shape none;
  return attributes_text(*n.op, n.attrs,
                         n.arity ? node_at(tape, tape.input(n, 0)).out.shape() : none);
}

std::string shape_text(const Tensor& t) { return fmt::format("{} {}", name(t.dtype()), t.shape()); }

}  // namespace tapestry::debug
