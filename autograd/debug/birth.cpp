#include "autograd/debug/birth.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "autograd/debug/names.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/operands.hpp"
#include "autograd/ops/families.hpp"
#include "autograd/sweep.hpp"

namespace tapestry::debug {
namespace {

// "NaN", "inf", "-inf".
std::string what(const Tensor& x, std::int64_t at) {
  const double v = element(x, at);
  return std::isnan(v) ? "NaN" : v > 0 ? "inf" : "-inf";
}

std::string place_in(const Tensor& x, const NotFinite& bad) {
  if (x.size() == 1) return "its one element";
  return fmt::format("element {}; {} of {} elements {} not finite",
                     index_text(x.shape(), bad.first), bad.count, x.size(),
                     bad.count == 1 ? "is" : "are");
}

bool in_family(const OpInfo& op, OpFamily family) {
  return std::find(family.begin(), family.end(), &op) != family.end();
}

// Whether element i of the result is made of the elements that broadcasting puts beside it.
bool elementwise(const OpInfo& op) {
  return in_family(op, elementwise_ops()) || in_family(op, activation_ops()) ||
         in_family(op, binary_ops());
}

// The element of an operand that broadcasting puts beside an element of the result.
std::int64_t beside(const Shape& operand, const Shape& out, std::int64_t at) {
  std::int64_t found = 0, stride = 1;
  for (int i = 1; i <= out.rank(); ++i) {
    const std::int64_t k = at % out[-i];
    at /= out[-i];
    if (i > operand.rank()) break;
    if (operand[-i] > 1) found += k * stride;
    stride *= operand[-i];
  }
  return found;
}

// The value at an element, then shape and range of the whole tensor.
std::string line_at(std::string_view name, const Tensor& x, std::int64_t at,
                    const std::string& from) {
  if (!x.defined()) return fmt::format("{}  {}, values not kept", name, shape_text(x));
  if (x.dtype() == DType::i32) return fmt::format("{}  {}", name, shape_text(x));
  std::string text;
  if (at >= 0 && x.size() > 1) {
    text = fmt::format("{} = {} at {};  ", name, number_text(element(x, at)),
                       index_text(x.shape(), at));
  } else {
    text = fmt::format("{}  ", name);
  }
  text += fmt::format("{}  {}", shape_text(x), value_text(x));
  return from.empty() ? text : text + ", from " + from;
}

// The numbers of a row of the first operand, if one result is made of that whole row. Rows are the
// axes that both shapes begin with; two axes of the same size could be confused.
std::optional<std::string> row_line(std::string_view name, const Tensor& x, const Shape& out,
                                    std::int64_t at, const std::string& from) {
  if (!x.defined() || x.dtype() == DType::i32) return {};
  int axes = 0;
  while (axes < std::min(x.rank() - 1, out.rank()) && x.dim(axes) == out[axes]) ++axes;
  for (int i = 0; i < x.rank(); ++i) {
    for (int k = 0; k < i; ++k) {
      if (x.dim(i) == x.dim(k)) return {};
    }
  }
  if (axes == 0) return {};
  const std::int64_t rows = x.shape().size(0, axes), width = x.size() / rows;
  const std::int64_t row = at / (out.size() / rows);
  std::vector<double> values;
  for (std::int64_t i = row * width; i < (row + 1) * width; ++i) values.push_back(element(x, i));
  std::string index = index_text(x.shape().sub(0, axes), row);
  index.back() = ',';
  for (int i = axes; i < x.rank(); ++i) index += i + 1 < x.rank() ? ":," : ":]";
  return fmt::format("{}{}  {}  {}, from {}", name, index, shape_text(x),
                     value_text(tensor(values, x.shape().sub(axes, x.rank()), DType::f64)), from);
}

// Both lines and the module of a node.
void place(Birth& birth, const Tape& tape, std::int32_t index, std::string op) {
  const Node& node = node_at(tape, index);
  birth.tape = tape.serial();
  birth.error.op = std::move(op);
  birth.error.at = node.src;
  birth.error.scope = scope_info(node.scope).path;
  birth.error.from = scope_info(node.scope).from;
}

void count(Birth& birth, const NotFinite& bad) {
  birth.element = bad.first;
  birth.count = bad.count;
}

// The row's hint. Without one, NaN comes from infinite numbers, and infinite numbers from overflow.
std::string hint_of(const OpInfo& op, const Tensor& x, const NotFinite& bad) {
  if (op.hint) return op.hint;
  if (bad.nan) {
    return "0 * inf and inf - inf are NaN: keep the infinite value from arising; select before the "
           "op that makes it, not after";
  }
  return fmt::format(
      "the numbers have grown above {}, the largest {}: is the learning rate too high?",
      x.dtype() == DType::f32 ? "3.4e38" : "1.8e308", name(x.dtype()));
}

}  // namespace

NotFinite not_finite(const Tensor& x) {
  NotFinite found;
  if (x.dtype() == DType::i32) return found;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double v = element(x, i);
    if (std::isfinite(v)) continue;
    const bool first_nan = std::isnan(v) && !found.nan;
    if (found.count++ == 0 || first_nan) found.first = i;
    found.nan |= std::isnan(v);
  }
  return found;
}

Birth birth_of_value(const Tape& tape, std::int32_t index, Inputs in, const Tensor& out) {
  const Node& node = node_at(tape, index);
  const OpInfo& op = *node.op;
  const NotFinite bad = not_finite(out);
  Birth birth(Birth::Kind::value,
              fmt::format("{} is born in the value of node {}, {}", what(out, bad.first),
                          node_name(tape, index), place_in(out, bad)));
  place(birth, tape, index, op.name);
  count(birth, bad);
  birth.node = index;
  for (int i = 0; i < node.arity; ++i) {
    const std::string name = operand_name(op, i);
    const std::string from = node_name(tape, tape.input(node, i));
    if (elementwise(op)) {
      const std::int64_t at = beside(in[i].shape(), out.shape(), bad.first);
      birth.error.operands.push_back(line_at(name, in[i], at, from));
      continue;
    }
    std::optional<std::string> row;
    if (i == 0 || in_family(op, likelihood_ops())) {
      row = row_line(name, in[i], out.shape(), bad.first, from);
    }
    birth.error.operands.push_back(row ? *row : line_at(name, in[i], -1, from));
  }
  birth.error.hint = hint_of(op, out, bad);
  birth.error.compose();
  return birth;
}

Birth birth_in_operand(const Tape& tape, std::int32_t leaf, std::int32_t reader,
                       const Tensor& value) {
  const NotFinite bad = not_finite(value);
  const Parameter* p = node_at(tape, leaf).parameter;
  Birth birth(Birth::Kind::operand,
              fmt::format("{} comes in with node {}, {}", what(value, bad.first),
                          node_name(tape, leaf), place_in(value, bad)));
  place(birth, tape, reader, node_at(tape, reader).op->name);
  count(birth, bad);
  birth.node = leaf;
  if (p) {
    birth.parameter = p->name();
    birth.error.operands.push_back(fmt::format("{}  {}, written at {}", p->name(),
                                               shape_text(value), place_text(p->last_update())));
    birth.error.hint =
        "look at the step before, whose update wrote it, or at the file it was read from";
  } else {
    birth.error.operands.push_back(line_at("constant", value, bad.first, ""));
    birth.error.hint =
        "no tape recorded how it was made: look at the data, and at what is done to it";
  }
  birth.error.compose();
  return birth;
}

Birth birth_of_gradient(Tape& tape, std::int32_t index, int i) {
  const Node& node = node_at(tape, index);
  const OpInfo& op = *node.op;
  const std::int32_t to = tape.input(node, i);
  const Tensor dout = node.grad;
  const Tensor alone = Sweep::contributions(tape, index, dout)[static_cast<std::size_t>(i)];
  const bool sum = !not_finite(alone);  // every term is finite
  const Tensor& sent = sum ? node_at(tape, to).grad : alone;
  const NotFinite bad = not_finite(sent);
  const std::string name = operand_name(op, i);
  const char* born =
      sum ? "is born where gradients add up, with what" : "is born in the gradient that";
  Birth birth(Birth::Kind::gradient,
              fmt::format("{} {} node {} sends to {} (its {}), {}", what(sent, bad.first), born,
                          node_name(tape, index), node_name(tape, to), name, place_in(sent, bad)));
  place(birth, tape, index, fmt::format("back_{}", op.name));
  count(birth, bad);
  birth.node = index;
  birth.operand = i;
  const bool beside_it = elementwise(op) && dout.shape() == sent.shape();
  const auto line = [&](std::string_view of, const Tensor& x, const std::string& from) {
    const std::int64_t at =
        beside_it && x.defined() ? beside(x.shape(), dout.shape(), bad.first) : -1;
    birth.error.operands.push_back(line_at(of, x, at, from));
  };
  for (int k = 0; k < node.arity; ++k) {
    const std::int32_t input = tape.input(node, k);
    line(operand_name(op, k), node_at(tape, input).out, node_name(tape, input));
  }
  if (node.out.defined()) line("y", node.out, "");
  line("dy", dout, "");
  birth.error.hint = hint_of(op, sent, bad);
  if (bad.nan && beside_it && element(dout, bad.first) == 0) {
    birth.error.hint =
        "dy is 0 there, and 0 times an infinite slope is NaN: a branch that a mask leaves out must "
        "be finite too; select before the op, not after";
  }
  birth.error.compose();
  return birth;
}

Birth birth_of_update(const Parameter& p, SourceLoc where) {
  const NotFinite bad = not_finite(p.value());
  Birth birth(Birth::Kind::update,
              fmt::format("{} is born in the update of {}, {}", what(p.value(), bad.first),
                          p.name(), place_in(p.value(), bad)));
  count(birth, bad);
  birth.parameter = p.name();
  birth.error.at = where;
  if (p.grad().defined()) {
    birth.error.operands.push_back(line_at("gradient", p.grad(), bad.first, ""));
    birth.error.hint = not_finite(p.grad()) ? "the gradient is not finite: look where it was born"
                                            : "a smaller learning rate";
  }
  birth.error.compose();
  return birth;
}

}  // namespace tapestry::debug
