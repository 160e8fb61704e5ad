#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "autograd/debug/trace/trace.hpp"

namespace tapestry::debug {
namespace {

std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }

std::string shape_text(const TraceNode& n) {
  return fmt::format("{} {}", name(n.dtype), to_string(n.shape));
}

std::string value_text(const TraceNode& n) {
  const Stats& s = n.value.stats;
  if (!n.value.known) return "not kept";
  if (s.not_finite) return fmt::format("{} of {} not finite", s.not_finite, s.size);
  if (s.size == 1) return number_text(s.mean);
  return fmt::format("{} .. {}", number_text(s.min), number_text(s.max));
}

// None is not zero: nothing arrived.
std::string gradient_text(const TraceNode& n) {
  const Stats& s = n.gradient.stats;
  if (!n.gradient.known) return "none";
  if (s.not_finite) return fmt::format("{} of {} not finite", s.not_finite, s.size);
  return s.zeros == s.size ? "0" : number_text(s.norm);
}

std::string place_text(const Trace& t, TracePlace p) {
  return p.line ? fmt::format("{}:{}", t.files[at(p.file)], p.line) : std::string();
}

// Graphviz --------------------------------------------------------------------------------------

std::string dot_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// Where the logarithms of the gradients' norms begin and end.
struct Range {
  double low = 0, high = 0;
};

std::optional<double> log_norm(const TraceNode& n) {
  if (!n.gradient.known || !(n.gradient.stats.norm > 0)) return std::nullopt;
  return std::log10(n.gradient.stats.norm);
}

Range log_range(const Trace& t) {
  std::optional<Range> range;
  for (const TraceNode& n : t.nodes) {
    const std::optional<double> log = log_norm(n);
    if (!log) continue;
    range =
        range ? Range{std::min(range->low, *log), std::max(range->high, *log)} : Range{*log, *log};
  }
  return range.value_or(Range{});
}

// Graphviz colours by hue, saturation and brightness: from pale to strong orange.
std::string fill(const TraceNode& n, Range range) {
  const std::optional<double> log = log_norm(n);
  if (!log) return n.gradient.known ? "white" : "grey90";
  const double width = range.high - range.low;
  const double strength = width > 0 ? (*log - range.low) / width : 1;
  return fmt::format("0.09 {:.3f} 1.0", 0.1 + 0.7 * strength);
}

void write_node(std::string& out, const Trace& t, std::int32_t i, Range range) {
  const TraceNode& n = t.nodes[at(i)];
  const std::string label =
      fmt::format("{}\n{}\n|grad| {}", node_name(t, i), shape_text(n), gradient_text(n));
  out += fmt::format("  n{} [label={} fillcolor={}{}];\n", i, dot_text(label),
                     dot_text(fill(n, range)),
                     n.gradient.stats.not_finite ? " color=red penwidth=3" : "");
}

// The nodes of a module, then the modules inside it.
void write_scope(std::string& out, const Trace& t, std::size_t scope, Range range) {
  if (scope) {
    out += fmt::format("subgraph cluster_{} {{ label={} color=grey70;\n", scope,
                       dot_text(t.scopes[scope].path));
  }
  for (std::size_t i = 0; i < t.nodes.size(); ++i) {
    if (at(t.nodes[i].scope) == scope) write_node(out, t, static_cast<std::int32_t>(i), range);
  }
  for (std::size_t inner = scope + 1; inner < t.scopes.size(); ++inner) {
    if (at(t.scopes[inner].parent) == scope) write_scope(out, t, inner, range);
  }
  if (scope) out += "}\n";
}

}  // namespace

std::string to_text(const Trace& t) {
  std::vector<std::array<std::string, 6>> rows{
      {"node", "module", "tensor", "value", "|gradient|", "line"}};
  for (std::size_t i = 0; i < t.nodes.size(); ++i) {
    const TraceNode& n = t.nodes[i];
    rows.push_back({node_name(t, static_cast<std::int32_t>(i)), t.scopes[at(n.scope)].path,
                    shape_text(n), value_text(n), gradient_text(n), place_text(t, n.place)});
  }
  std::array<std::size_t, 6> width{};
  for (const auto& row : rows) {
    for (std::size_t c = 0; c + 1 < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t c = 0; c + 1 < row.size(); ++c) {
      fmt::format_to(std::back_inserter(out), "{:<{}}  ", row[c], width[c]);
    }
    out += row.back();
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

std::string to_dot(const Trace& t) {
  std::string out = "digraph tape {\n  rankdir=TB; node [shape=box style=filled fontname=sans];\n";
  write_scope(out, t, 0, log_range(t));
  for (std::size_t i = 0; i < t.nodes.size(); ++i) {
    for (const std::int32_t input : t.nodes[i].inputs) {
      fmt::format_to(std::back_inserter(out), "  n{} -> n{};\n", input, i);
    }
  }
  return out + "}\n";
}

}  // namespace tapestry::debug
