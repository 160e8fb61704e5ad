#include "autograd/debug/screen.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "autograd/debug/names.hpp"
#include "autograd/debug/query.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/gradcheck.hpp"

namespace tapestry::debug {
namespace {

constexpr std::int64_t kQuickCheck = 20'000;  // elements of a node that is checked without asking

std::string value_of(const Tensor& t) {
  return t.defined() ? value_text(t) : std::string("values not kept");
}

std::string from_text(const Session& s, std::int32_t index) {
  const std::string from = contributors_text(s, index);
  return from.empty() ? from : "from " + from;
}

// "= 0.50 x dy": what the op did to the size of the gradient.
std::string ratio_text(const Tensor& part, const Tensor& dout) {
  const Stats in = stats(dout), out = stats(part);
  if (in.not_finite || out.not_finite || in.norm == 0 || out.norm == 0) return {};
  return fmt::format("  = {} x dy", number_text(out.norm / in.norm));
}

std::string check_text(Session& s, std::int32_t index) {
  const Tape& tape = s.tape();
  const Node& node = node_at(tape, index);
  std::int64_t size = node.out.size();
  for (int i = 0; i < node.arity; ++i) {
    const Tensor& x = node_at(tape, tape.input(node, i)).out;
    if (!x.defined()) return {};
    size += x.size();
  }
  if (size > kQuickCheck) return "check: large, type check";
  const GradReport r = check_node(tape, index, {.max_elements = 8});
  return r.ok ? "check: ok" : "check: WRONG, type check";
}

std::string row(const std::string& name, const std::string& what, const std::string& note) {
  const std::string line = fmt::format("  {:<6} {:<49} {}", name, what, note);
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string leaf_screen(const Session& s, std::int32_t index, const Node& node) {
  std::string text = row("value", fmt::format("{}  {}", shape_text(node.out), value_of(node.out)),
                         node.parameter ? "parameter" : "");
  if (!node.needs_grad) return text + row("", "a constant: no gradient flows here", "");
  return text + row("grad", s.grad(index).defined() ? gradient_text(s.grad(index)) : "none yet",
                    from_text(s, index));
}

}  // namespace

std::vector<std::string> operand_letters(const Node& node) {
  const auto arity = static_cast<std::size_t>(node.arity);
  // "da += dy b^T, db += a^T dy": the letters stand between each d and its +=.
  std::vector<std::string> letters;
  for (std::string_view rest = node.op->gradient; rest.find(" += ") != rest.npos;) {
    const std::size_t end = rest.find(" += ");
    const std::size_t space = rest.rfind(' ', end - 1);
    const std::string_view word =
        rest.substr(space == rest.npos ? 0 : space + 1, end - (space == rest.npos ? 0 : space + 1));
    if (word.size() > 1 && word.starts_with('d')) letters.emplace_back(word.substr(1));
    rest.remove_prefix(end + 4);
  }
  if (letters.size() == arity) return letters;
  letters = operand_names(*node.op);
  while (letters.size() < arity)
    letters.push_back(fmt::format("{}{}", letters.back(), letters.size()));
  return letters;
}

std::string screen(Session& s, std::int32_t index) {
  const Tape& tape = s.tape();
  const Node& node = node_at(tape, index);
  const std::string& scope = scope_info(node.scope).path;
  const std::string title =
      fmt::format("node {}{}{}", node_name(tape, index), scope.empty() ? "" : "  ", scope);
  std::string text = fmt::format("{:<58} {}\n", title, place_of(node));
  if (!node.op) return text + leaf_screen(s, index, node);

  text += fmt::format("  {:<56} {}\n", node.op->formula, node.op->gradient);
  const auto letters = operand_letters(node);
  const auto input = [&](int i) { return tape.input(node, i); };
  for (int i = 0; i < node.arity; ++i) {
    const Tensor& x = node_at(tape, input(i)).out;
    text +=
        row(letters[static_cast<std::size_t>(i)], fmt::format("{}  {}", shape_text(x), value_of(x)),
            "from " + node_name(tape, input(i)));
  }
  text += row("y", fmt::format("{}  {}", shape_text(node.out), value_of(node.out)), "");
  if (s.phase() == Phase::forward) return text;

  const Tensor& dout = s.grad(index);
  if (!dout.defined()) {
    return text + row("dy",
                      s.reachable(index) ? "nothing has arrived yet"
                                         : "none: the loss does not depend on it",
                      "");
  }
  text += row("dy", gradient_text(dout), from_text(s, index));
  const bool its_turn = index == s.at();
  std::vector<Tensor> sent(static_cast<std::size_t>(node.arity));
  if (its_turn) {
    try {
      const auto outgoing = s.outgoing();
      sent.assign(outgoing.begin(), outgoing.end());
    } catch (const Error& error) {
      return text + fmt::format("  {} throws: {}\n", error.op, error.message);
    }
  } else {  // what it sent lies with its operands
    for (int i = 0; i < node.arity; ++i) {
      for (const Contribution& part : s.contributions(input(i))) {
        if (part.from == index && part.operand == i) sent[static_cast<std::size_t>(i)] = part.value;
      }
    }
  }
  bool checked = !its_turn;
  for (int i = 0; i < node.arity; ++i) {
    const Tensor& part = sent[static_cast<std::size_t>(i)];
    if (!part.defined()) continue;
    std::string note;
    if (!checked) note = check_text(s, index);
    checked = true;
    if (its_turn && i < s.operand()) note += note.empty() ? "sent" : "  sent";
    text += row("d" + letters[static_cast<std::size_t>(i)],
                gradient_text(part) + ratio_text(part, dout), note);
  }
  return text;
}

std::string list_line(const Session& s, std::int32_t index) {
  const Tape& tape = s.tape();
  const Node& node = node_at(tape, index);
  std::string gradient;
  if (s.phase() != Phase::forward && node.needs_grad) {
    const Arrival arrival = s.arrival(index);
    gradient = arrival == Arrival::none ? (s.reachable(index) ? "none yet" : "none")
                                        : gradient_text(s.grad(index));
    if (arrival == Arrival::partial) gradient += " so far";
  }
  const std::string line =
      fmt::format("{} {:<30} {:<14} {:<24} {}", index == s.at() ? '>' : ' ', node_name(tape, index),
                  fmt::format("{}", node.out.shape()), gradient, scope_info(node.scope).path);
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

std::string stop_text(const Stop& stop) {
  switch (stop.why) {
    case Stop::Why::stepped:
      return {};
    case Stop::Why::breakpoint:
      return fmt::format("breakpoint {}: {}", stop.number, stop.text);
    case Stop::Why::watchpoint:
      return fmt::format("watchpoint {}: {}", stop.number, stop.text);
    case Stop::Why::start:
      return "at the start of the reverse pass";
    case Stop::Why::end:
      return "the reverse pass is over: every gradient is complete";
  }
  return {};
}

}  // namespace tapestry::debug
