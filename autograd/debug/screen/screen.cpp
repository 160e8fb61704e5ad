#include "autograd/debug/screen/screen.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "autograd/debug/names.hpp"
#include "autograd/debug/session/query.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/gradcheck/gradcheck.hpp"

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

// "= 0.50 x dy": the norm of the gradient sent, in units of the norm received.
std::string ratio_text(const Tensor& part, const Tensor& dout) {
  const Stats in = stats(dout), out = stats(part);
  if (in.not_finite || out.not_finite || in.norm == 0 || out.norm == 0) return {};
  return fmt::format("  = {} x dy", number_text(out.norm / in.norm));
}

// Elements of a node and its operands; -1 if values are missing.
std::int64_t size_with_operands(const Tape& tape, std::int32_t index) {
  const Node& node = node_at(tape, index);
  std::int64_t size = node.out.size();
  for (int i = 0; i < node.arity; ++i) {
    const Tensor& x = node_at(tape, tape.input(node, i)).out;
    if (!x.defined()) return -1;
    size += x.size();
  }
  return size;
}

std::string check_text(Session& s, std::int32_t index) {
  const Tape& tape = s.tape();
  const std::int64_t size = size_with_operands(tape, index);
  if (size < 0) return {};
  if (size > kQuickCheck) return "large, so not checked: type check to do it";
  const GradReport r = check_node(tape, index, {.max_elements = 8});
  return r.ok ? "check: ok" : "check: WRONG, type check";
}

// What stands below the title: a name, what it is, and a note. The notes stand in a column, and where
// the terminal has no room for them below.
class Rows {
 public:
  explicit Rows(int width) : width_(width) {}

  void add(const std::string& name, const std::string& what, const std::string& note) {
    rows_.push_back({name, what, note});
  }

  std::string text() const {
    std::size_t column = 49;
    for (const Row& row : rows_) column = std::max(column, row.what.size() + 2);
    bool fits = true;
    for (const Row& row : rows_) fits = fits && within(width_, 9 + column + 1 + row.note.size());
    std::string out;
    for (const Row& row : rows_) {
      if (fits || row.note.empty() || row.what.empty()) {
        out += stripped(fmt::format("  {:<6} {:<{}} {}", row.name, row.what, column, row.note));
      } else {
        out += stripped(fmt::format("  {:<6} {}", row.name, row.what)) +
               stripped(fmt::format("           {}", row.note));
      }
    }
    return out;
  }

  static bool within(int width, std::size_t needed) {
    return width == 0 || needed <= static_cast<std::size_t>(width);
  }
  static std::string stripped(const std::string& line) {
    return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }

 private:
  struct Row {
    std::string name, what, note;
  };
  int width_;
  std::vector<Row> rows_;
};

// Two texts in a line, or below each other where the terminal is too narrow.
std::string pair_line(const std::string& left, const std::string& right, std::size_t column,
                      int width, const char* indent) {
  const std::string line = fmt::format("{:<{}} {}", left, column, right);
  return Rows::within(width, line.size())
             ? line + "\n"
             : Rows::stripped(left) + Rows::stripped(fmt::format("{}{}", indent, right));
}

// A formula in lines of the width: "da += dy, db += -dy" goes on with the next equation, a long
// equation at a blank, further in.
std::string divided(std::string_view formula, int width) {
  const std::string indent = "  ";
  std::string lines, line = indent;
  while (!formula.empty()) {
    const std::string_view word = formula.substr(0, formula.find(' '));
    formula.remove_prefix(std::min(formula.size(), word.size() + 1));
    const bool begins = line == indent || line == "    ";
    const bool next_equation =
        !begins && (line.back() == ',' || line.back() == ';') && formula.starts_with("+= ");
    if (next_equation || (!begins && !Rows::within(width, line.size() + 1 + word.size()))) {
      lines += Rows::stripped(line);
      line = next_equation ? indent : "    ";
    } else if (!begins) {
      line += ' ';
    }
    line += word;
  }
  return lines + Rows::stripped(line);
}

// Value and gradient of an op side by side, below each other where that is too wide, or in parts.
std::string formula_lines(const OpInfo& op, int width) {
  const std::string value = fmt::format("  {}", op.formula), gradient = op.gradient;
  const std::string both = fmt::format("{:<58} {}", value, gradient);
  if (Rows::within(width, both.size())) return both + "\n";
  const bool fits = Rows::within(width, std::max(value.size(), gradient.size() + 2));
  return fits ? Rows::stripped(value) + Rows::stripped("  " + gradient)
              : divided(op.formula, width) + divided(gradient, width);
}

std::string leaf_screen(const Session& s, std::int32_t index, const Node& node, int width) {
  Rows rows(width);
  rows.add("value", fmt::format("{}  {}", shape_text(node.out), value_of(node.out)),
           node.parameter ? "parameter" : "");
  if (!node.needs_grad) {
    rows.add("", "a constant: no gradient flows here", "");
  } else {
    rows.add("grad", s.grad(index).defined() ? gradient_text(s.grad(index)) : "none yet",
             from_text(s, index));
  }
  std::string text = rows.text();
  if (node.parameter && node.parameter->grad().defined())
    text += "  " + held_text(*node.parameter) + "\n";
  return text;
}

// "weight, from 3 fc1.weight": the operand's name in reports, where its letter is another.
std::string source_text(const Tape& tape, const Node& node, int i, const std::string& letter) {
  const std::string name = operand_name(*node.op, i);
  const std::string from = "from " + node_name(tape, tape.input(node, i));
  return name == letter || name.size() < 2 || node.arity > 3 ? from : name + ", " + from;
}

}  // namespace

bool wrong_at_a_glance(const Tape& tape, std::int32_t index) {
  const std::int64_t size = node_at(tape, index).op ? size_with_operands(tape, index) : -1;
  return size >= 0 && size <= kQuickCheck && !check_node(tape, index, {.max_elements = 8}).ok;
}

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

std::string screen(Session& s, std::int32_t index, int width) {
  const Tape& tape = s.tape();
  const Node& node = node_at(tape, index);
  const std::string& scope = scope_info(node.scope).path;
  const std::string told = attributes_of(tape, index);
  const std::string title =
      fmt::format("node {}{}{}{}{}", node_name(tape, index), told.empty() ? "" : "  ", told,
                  scope.empty() ? "" : "  ", scope);
  std::string text = pair_line(title, place_of(node), 58, width, "  at ");
  if (!node.op) return text + leaf_screen(s, index, node, width);

  text += formula_lines(*node.op, width);
  Rows rows(width);
  const auto letters = operand_letters(node);
  const auto input = [&](int i) { return tape.input(node, i); };
  for (int i = 0; i < node.arity; ++i) {
    const Tensor& x = node_at(tape, input(i)).out;
    const std::string& letter = letters[static_cast<std::size_t>(i)];
    rows.add(letter, fmt::format("{}  {}", shape_text(x), value_of(x)),
             source_text(tape, node, i, letter));
  }
  rows.add("y", fmt::format("{}  {}", shape_text(node.out), value_of(node.out)), "");
  if (s.phase() == Phase::forward) return text + rows.text();

  const Tensor& dout = s.grad(index);
  if (!dout.defined()) {
    rows.add(
        "dy",
        s.reachable(index) ? "nothing has arrived yet" : "none: the loss does not depend on it",
        "");
    return text + rows.text();
  }
  rows.add("dy", gradient_text(dout), from_text(s, index));
  const bool its_turn = index == s.at();
  std::vector<Tensor> sent(static_cast<std::size_t>(node.arity));
  if (its_turn) {
    try {
      const auto outgoing = s.outgoing();
      sent.assign(outgoing.begin(), outgoing.end());
    } catch (const Error& error) {
      return text + rows.text() + fmt::format("  {} throws: {}\n", error.op, error.message);
    }
  } else {  // its contributions are stored with its operands
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
    rows.add("d" + letters[static_cast<std::size_t>(i)],
             gradient_text(part) + ratio_text(part, dout), note);
  }
  return text + rows.text();
}

std::string list_line(const Session& s, std::int32_t index, int width) {
  const Tape& tape = s.tape();
  const Node& node = node_at(tape, index);
  const std::string told = attributes_of(tape, index);
  const std::string name = node_name(tape, index) + (told.empty() ? "" : " " + told);
  std::string gradient;
  if (s.phase() != Phase::forward && node.needs_grad) {
    const Arrival arrival = s.arrival(index);
    gradient = arrival == Arrival::none ? (s.reachable(index) ? "none yet" : "none")
                                        : gradient_text(s.grad(index));
    if (arrival == Arrival::partial) gradient += " so far";
  }
  const bool narrow = width > 0 && width < 100;
  const std::string line =
      fmt::format("{} {:<{}} {:<{}} {:<{}} {}", index == s.at() ? '>' : ' ', name, narrow ? 29 : 30,
                  fmt::format("{}", node.out.shape()), narrow ? 9 : 14, gradient, narrow ? 14 : 24,
                  scope_info(node.scope).path);
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
