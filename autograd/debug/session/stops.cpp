#include "autograd/debug/session/stops.hpp"

#include <fmt/core.h>

#include <charconv>

namespace tapestry::debug {

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = pattern.npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {  // the last star takes one more character
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

Breakpoint break_if(std::string text, std::function<bool(const NodeView&)> predicate) {
  return {.text = std::move(text), .matches = std::move(predicate)};
}

Breakpoint break_op(const std::string& op) {
  return break_if("op " + op,
                  [op](const NodeView& v) { return v.node.op && v.node.op->name == op; });
}

Breakpoint break_scope(const std::string& glob) {
  return break_if("scope " + glob, [glob](const NodeView& v) {
    return glob_matches(glob, scope_info(v.node.scope).path);
  });
}

Breakpoint break_label(const std::string& label) {
  return break_if("label " + label,
                  [label](const NodeView& v) { return v.node.label && v.node.label == label; });
}

Breakpoint break_line(std::string file_and_line) {
  const std::size_t colon = file_and_line.rfind(':');
  std::uint32_t line = 0;
  if (colon != std::string::npos) {
    std::from_chars(file_and_line.data() + colon + 1, file_and_line.data() + file_and_line.size(),
                    line);
  }
  if (line == 0) {
    throw ConfigError(fmt::format("{} is no source line", file_and_line),
                      "write the file, a colon and the line: main.cpp:57");
  }
  const auto here = [file = file_and_line.substr(0, colon), line](const SourceLoc& at) {
    const std::string_view path = at.file;
    return at.line == line && path.ends_with(file) &&
           (path.size() == file.size() || path[path.size() - file.size() - 1] == '/');
  };
  return break_if("line " + file_and_line, [here](const NodeView& v) {
    if (here(v.node.src)) return true;
    for (ScopeId s = v.node.scope; s != 0; s = scope_info(s).parent) {
      if (here(scope_info(s).from)) return true;
    }
    return false;
  });
}

Breakpoint break_node(std::int32_t index) {
  return break_if(fmt::format("node {}", index),
                  [index](const NodeView& v) { return v.index == index; });
}

Breakpoint break_parameter(const std::string& name) {
  return break_if("parameter " + name, [name](const NodeView& v) {
    for (int i = 0; i < v.node.arity; ++i) {
      const Node& in = v.tape.nodes()[static_cast<std::size_t>(v.tape.input(v.node, i))];
      if (in.parameter && in.parameter->name() == name) return true;
    }
    return false;
  });
}

}  // namespace tapestry::debug
