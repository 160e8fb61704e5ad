#pragma once

#include <functional>
#include <string>

#include "autograd/tape.hpp"

namespace tapestry::debug {

/// The arguments of a breakpoint's predicate.
struct NodeView {
  const Tape& tape;
  std::int32_t index;
  const Node& node;
  const Tensor& grad;  ///< dL/dout so far; undefined = none (always so in forward)
};

/// Where to stop: on arrival at a node for which `matches` holds.
struct Breakpoint {
  std::string text;  ///< as it was typed: "op softplus"
  std::function<bool(const NodeView&)> matches;
  int ignore = 0;  ///< how many more hits pass without a stop
  int number = 0;  ///< given by Session::add
  int hits = 0;
};

/// Nodes of one op, by its name: "softplus".
Breakpoint break_op(const std::string& op);
/// Nodes of modules whose path fits: '*' stands for any text, so "encoder*" takes all of encoder.
Breakpoint break_scope(const std::string& glob);
/// Nodes whose result was given this name with Tensor::named.
Breakpoint break_label(const std::string& label);
/// Nodes recorded by this line, or by a module called from it; the end of the path is enough:
/// "main.cpp:57".
Breakpoint break_line(std::string file_and_line);
Breakpoint break_node(std::int32_t index);
/// Nodes that read the parameter of this name, and so send it its gradient.
Breakpoint break_parameter(const std::string& name);
Breakpoint break_if(std::string text, std::function<bool(const NodeView&)> predicate);

/// Conditions on a gradient. Bounds and zeros are checked when a gradient is complete, the others
/// at each contribution.
enum class Condition : std::uint8_t {
  not_finite,      ///< NaN or infinite
  norm_above,      ///< |grad| > bound
  norm_below,      ///< |grad| < bound: it vanishes
  ratio_above,     ///< |sent| > bound |received| at a node: the gradient explodes from here on
  sign_change,     ///< the largest element changed its sign: contributions cancel
  exact_zero,      ///< every element is 0
  element_change,  ///< one element got another value
  version_change,  ///< a parameter was updated since it was recorded
};

/// A watched gradient; the stop reports the values found.
struct Watchpoint {
  Condition condition = Condition::not_finite;
  std::int32_t node = -1;  ///< whose gradient; -1 = every node's
  double bound = 0;
  std::int64_t element = -1;  ///< row major, for sign_change and element_change; -1 = see there
  int ignore = 0;
  int number = 0;
  int hits = 0;
  std::string text = {};  ///< filled in by Session::add
};

/// True if the text matches the pattern, in which '*' stands for any text.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace tapestry::debug
