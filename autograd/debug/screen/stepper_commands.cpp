// The commands of the stepper; stepper.cpp has their table and the dialogue.
#include <fmt/core.h>

#include <charconv>
#include <cstdlib>

#include "autograd/debug/names.hpp"
#include "autograd/debug/screen/expression.hpp"
#include "autograd/debug/screen/screen.hpp"
#include "autograd/debug/screen/stepper.hpp"
#include "autograd/debug/session/query.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/debug/trace/html.hpp"
#include "autograd/debug/trace/picture.hpp"
#include "autograd/gradcheck/gradcheck.hpp"

namespace tapestry::debug {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

int count_of(const std::vector<std::string>& words) {
  if (words.empty()) return 1;
  int n = 0;
  const std::string& text = words.front();
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
  check<ConfigError>(fault == std::errc() && end == text.data() + text.size() && n > 0,
                     "'{}' is no number of times", text);
  return n;
}

double bound_of(std::string_view text) {
  std::string number(text);
  char* end = nullptr;
  const double bound = std::strtod(number.c_str(), &end);
  check<ConfigError>(!number.empty() && !*end, "'{}' is no number", text);
  return bound;
}

}  // namespace

std::int32_t Stepper::node_or_selected(const Words& words) const {
  return words.empty() ? selected_ : find_node(session_.tape(), words.front());
}

// Motions ----------------------------------------------------------------------------------------

void Stepper::step(const Words& words) {
  Stop stop{Stop::Why::stepped, 0, {}};
  for (int n = count_of(words); n > 0 && stop.why == Stop::Why::stepped; --n) {
    stop = session_.step();
  }
  moved(stop);
}

void Stepper::step_into(const Words&) { moved(session_.step_into()); }
void Stepper::next(const Words&) { moved(session_.next_in_scope()); }
void Stepper::finish(const Words&) { moved(session_.finish_scope()); }
void Stepper::run(const Words&) { moved(session_.run()); }
void Stepper::restart(const Words&) { moved(session_.restart()); }

void Stepper::run_to(const Words& words) {
  check<ConfigError>(!words.empty(), "to: where? a node, op, label, parameter, module or line");
  const Tape& tape = session_.tape();
  if (words.size() == 1 && session_.phase() != Phase::forward) {
    for (std::int32_t i = 0; i < std::ssize(tape.nodes()); ++i) {
      const Parameter* p = node_at(tape, i).parameter;
      const bool meant = p && (p->name() == words.front() || std::to_string(i) == words.front());
      if (!meant) continue;
      moved(session_.run_to(i));
      if (session_.arrival(i) == Arrival::complete)
        show(fmt::format("{} is complete: {}\n", node_name(tape, i),
                         gradient_text(session_.grad(i))));
      return;
    }
    if (is_number(words.front())) {
      moved(session_.run_to(find_node(tape, words.front())));
      return;
    }
  }
  moved(session_.run_to(breakpoint_of(words, 0)));
}

void Stepper::undo(const Words& words) {
  Stop stop{Stop::Why::stepped, 0, {}};
  for (int n = count_of(words); n > 0 && stop.why == Stop::Why::stepped; --n) {
    stop = session_.back();
  }
  moved(stop);
}

// Break- and watchpoints -------------------------------------------------------------------------

Breakpoint Stepper::breakpoint_of(const Words& words, std::size_t first) const {
  const auto nodes = session_.tape().nodes();
  const auto any = [&](auto fits) { return std::any_of(nodes.begin(), nodes.end(), fits); };
  const std::string& word = words[first];
  if (words.size() > first + 1) {
    const std::string& name = words[first + 1];
    if (word == "op") return break_op(name);
    if (word == "scope") return break_scope(name);
    if (word == "label") return break_label(name);
    if (word == "line") return break_line(name);
    if (word == "parameter") return break_parameter(name);
    if (word == "node") return break_node(find_node(session_.tape(), name));
    throw ConfigError(fmt::format("'{}' is no kind of place", word),
                      "op, scope, label, line, parameter and node are");
  }
  if (is_number(word)) return break_node(find_node(session_.tape(), word));
  if (word.find(':') != word.npos) return break_line(word);
  if (any([&](const Node& n) { return n.op && n.op->name == word; })) return break_op(word);
  if (any([&](const Node& n) { return n.label && n.label == word; })) return break_label(word);
  if (any([&](const Node& n) { return n.parameter && n.parameter->name() == word; })) {
    return break_parameter(word);
  }
  if (any([&](const Node& n) { return n.scope && glob_matches(word, scope_info(n.scope).path); })) {
    return break_scope(word);
  }
  // In forward the node may not exist yet, but the name of an op can be checked.
  const auto ops = all_ops();
  if (session_.phase() == Phase::forward &&
      std::any_of(ops.begin(), ops.end(), [&](const OpInfo* op) { return op->name == word; })) {
    return break_op(word);
  }
  throw ConfigError(fmt::format("no op, label, parameter or module here is called '{}'", word),
                    "list shows the nodes, help break the forms");
}

void Stepper::add_breakpoint(const Words& words) {
  if (!words.empty()) {
    Breakpoint b = breakpoint_of(words, 0);
    const std::string text = b.text;
    show(fmt::format("breakpoint {}: {}\n", session_.add(std::move(b)), text));
    return;
  }
  const auto line = [&](int number, const std::string& text, int hits) {
    show(fmt::format("{:>3}  {:<50} {}\n", number, text,
                     hits ? fmt::format("{} hit{}", hits, hits == 1 ? "" : "s") : "not hit yet"));
  };
  for (const Breakpoint& b : session_.breakpoints()) line(b.number, "break at " + b.text, b.hits);
  for (const Watchpoint& w : session_.watchpoints()) line(w.number, "watch " + w.text, w.hits);
  if (session_.breakpoints().empty() && session_.watchpoints().empty()) {
    show("no break- or watchpoints; help break tells how to set one\n");
  }
}

void Stepper::add_watchpoint(const Words& words) {
  check<ConfigError>(words.size() == 2,
                     "watch: what, and for which condition? help watch has both");
  Watchpoint w;
  if (words[0] != "any") w.node = find_node(session_.tape(), words[0]);
  const std::string& c = words[1];
  if (c == "nan") {
    w.condition = Condition::not_finite;
  } else if (c == "zero") {
    w.condition = Condition::exact_zero;
  } else if (c == "sign") {
    w.condition = Condition::sign_change;
  } else if (c == "version") {
    w.condition = Condition::version_change;
  } else if (c.starts_with("norm>") || c.starts_with("norm<")) {
    w.condition = c[4] == '>' ? Condition::norm_above : Condition::norm_below;
    w.bound = bound_of(std::string_view(c).substr(5));
  } else if (c.starts_with("ratio>")) {
    w.condition = Condition::ratio_above;
    w.bound = bound_of(std::string_view(c).substr(6));
  } else if (c.starts_with('[')) {
    check<ConfigError>(w.node >= 0, "watch: an element of which node?");
    w.condition = Condition::element_change;
    w.element = element_number(node_at(session_.tape(), w.node).out.shape(), c);
  } else {
    throw ConfigError(fmt::format("'{}' is no condition", c),
                      "nan, norm>10, norm<1e-6, ratio>100, zero, sign, [2,7] and version are");
  }
  const int number = session_.add(w);
  show(fmt::format("watchpoint {}: {}\n", number, session_.watchpoints().back().text));
}

void Stepper::remove(const Words& words) {
  check<ConfigError>(!words.empty(), "delete: which number? b lists them");
  if (!is_number(words.front()) || !session_.remove(std::atoi(words.front().c_str()))) {
    throw ConfigError(fmt::format("there is no break- or watchpoint {}", words.front()),
                      "b lists them");
  }
}

// Queries ----------------------------------------------------------------------------------------

void Stepper::where(const Words&) {
  if (session_.at() >= 0) selected_ = session_.at();
  show_screen();
}

void Stepper::up(const Words& words) {
  std::int32_t to = -1;
  if (!words.empty()) {
    to = find_node(session_.tape(), words.front());
  } else {
    const auto steps = path(session_, selected_);
    if (steps.size() >= 2) to = steps[steps.size() - 2].node;
  }
  check<ConfigError>(
      to >= 0, "nothing above: {}",
      selected_ == session_.root() ? "this is the loss" : "nothing has arrived here");
  selected_ = to;
  show_screen();
}

void Stepper::down(const Words& words) {
  const Tape& tape = session_.tape();
  const Node& node = node_at(tape, selected_);
  check<ConfigError>(node.op != nullptr, "nothing below: {} is a leaf", node_name(tape, selected_));
  const int i = words.empty()              ? 0
                : is_number(words.front()) ? std::atoi(words.front().c_str())
                                           : -1;
  check<ConfigError>(i >= 0 && i < node.arity, "{} has the operands 0 to {}",
                     node_name(tape, selected_), node.arity - 1);
  selected_ = tape.input(node, i);
  show_screen();
}

void Stepper::list(const Words& words) {
  const Tape& tape = session_.tape();
  const auto count = static_cast<std::int32_t>(std::ssize(tape.nodes()));
  std::int32_t first = std::max(0, selected_ - 5), last = std::min(count - 1, selected_ + 5);
  if (!words.empty()) {
    const std::string& word = words.front();
    const std::size_t dash = word.find('-');
    const bool numbers =
        dash != word.npos && is_number(word.substr(0, dash)) && is_number(word.substr(dash + 1));
    if (!numbers && !is_number(word)) {
      bool found = false;
      for (auto i = count; i-- > 0;) {
        if (!glob_matches(word, scope_info(node_at(tape, i).scope).path)) {
          continue;
        }
        found = true;
        show(list_line(session_, i, width()) + "\n");
      }
      if (found) return;
      throw ConfigError(fmt::format("no module here is called '{}'", word),
                        "list 3-12 shows nodes by number, list encoder* those of modules");
    }
    first = find_node(tape, numbers ? word.substr(0, dash) : word);
    // As far as there are nodes: list 0-40 of 29 ends at 28.
    const bool beyond = numbers && bound_of(word.substr(dash + 1)) >= count;
    last = !numbers ? first : beyond ? count - 1 : find_node(tape, word.substr(dash + 1));
  }
  for (std::int32_t i = last; i >= first; --i) show(list_line(session_, i, width()) + "\n");
}

void Stepper::source(const Words& words) {
  const Node& node = node_at(session_.tape(), node_or_selected(words));
  const auto excerpt = [&](SourceLoc at, std::int64_t around) {
    const auto lines = sources_.lines(at.file);
    if (lines.empty()) {
      show(fmt::format("{}: this file cannot be read from here\n", place_text(at)));
      return;
    }
    show(fmt::format("{}\n", place_text(at)));
    const auto here = static_cast<std::int64_t>(at.line);
    for (auto n = std::max<std::int64_t>(1, here - around);
         n <= std::min(std::ssize(lines), here + around); ++n) {
      show(fmt::format("{} {:>4}  {}\n", n == here ? '>' : ' ', n,
                       lines[static_cast<std::size_t>(n - 1)]));
    }
  };
  excerpt(node.src, 4);
  for (ScopeId s = node.scope; s != 0 && scope_info(s).from.line; s = scope_info(s).parent) {
    const std::string& module = scope_info(s).path;
    show(module.empty() ? "called from " : fmt::format("in {}, called from ", module));
    excerpt(scope_info(s).from, 0);
  }
}

void Stepper::print(const Words& words) {
  check<ConfigError>(!words.empty(), "print: what? y, dy, an operand's letter, or another node");
  show(fmt::format("{}\n", to_string(evaluate(session_, selected_, words.front()))));
}

void Stepper::stat(const Words& words) {
  check<ConfigError>(!words.empty(), "stat: of what? y, dy, an operand's letter, or another node");
  const Tensor t = evaluate(session_, selected_, words.front());
  const Stats s = stats(t);
  show(fmt::format("{}  min {}  mean {}  max {}  norm {}\n", shape_text(t), number_text(s.min),
                   number_text(s.mean), number_text(s.max), number_text(s.norm)));
  show(fmt::format("{} of {} are 0, {} not finite{}\n", s.zeros, s.size, s.not_finite,
                   s.not_finite ? ", first " + index_text(t.shape(), s.first_not_finite) : ""));
  const Histogram h = histogram(t, 10);
  if (h.counts.empty() || s.min == s.max) return;
  const std::int64_t most = *std::max_element(h.counts.begin(), h.counts.end());
  const double width = (h.high - h.low) / static_cast<double>(h.counts.size());
  for (std::size_t i = 0; i < h.counts.size(); ++i) {
    const double low = h.low + width * static_cast<double>(i);
    const auto length = static_cast<std::size_t>(40 * h.counts[i] / most);
    const std::string line =
        fmt::format("{:>10} .. {:<10} {:>8}  {}", number_text(low), number_text(low + width),
                    h.counts[i], std::string(length, '#'));
    show(line.substr(0, line.find_last_not_of(' ') + 1) + "\n");
  }
}

void Stepper::element(const Words& words) {
  check<ConfigError>(!words.empty(), "x: which element? x [2,7]");
  const Tape& tape = session_.tape();
  const Node& node = node_at(tape, selected_);
  const std::int64_t e = element_number(node.out.shape(), words.front());
  const std::string at = index_text(node.out.shape(), e);
  const auto value = [&](const Tensor& t) {
    return number_text(t.to_vector()[static_cast<std::size_t>(e)]);
  };
  std::string line;
  if (node.out.defined()) line += fmt::format("y{} = {}", at, value(node.out));
  if (session_.phase() != Phase::forward && session_.grad(selected_).defined()) {
    line +=
        fmt::format("{}dy{} = {}", line.empty() ? "" : ", ", at, value(session_.grad(selected_)));
  }
  show(line + (line.empty() ? "" : "\n"));
  if (!node.op) return;
  const auto letters = operand_letters(node);
  for (int i = 0; i < node.arity; ++i) {
    const Node& input = node_at(tape, tape.input(node, i));
    if (!input.needs_grad) continue;
    const Tensor slopes = local_jacobian(session_.tape(), selected_, i, e);
    const Stats s = stats(slopes);
    const std::vector<double> all = slopes.to_vector();
    const auto largest = std::max_element(
        all.begin(), all.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    show(fmt::format("dy{}/d{}: {} of {} not 0, largest {} at {}\n", at,
                     letters[static_cast<std::size_t>(i)], s.size - s.zeros, s.size,
                     number_text(*largest), index_text(input.out.shape(), largest - all.begin())));
  }
}

void Stepper::gradient(const Words& words) {
  const std::int32_t index = node_or_selected(words);
  const Tape& tape = session_.tape();
  if (session_.phase() == Phase::forward) {
    throw ConfigError("there are no gradients yet: the program is recording");
  }
  const Tensor& g = session_.grad(index);
  const std::string name = node_name(tape, index);
  if (!g.defined()) {
    show(fmt::format(
        "{}: {}\n", name,
        session_.reachable(index) ? "none yet" : "none, the loss does not depend on it"));
    return;
  }
  show(fmt::format("{}: {}{}\n{}\n", name, gradient_text(g),
                   session_.arrival(index) == Arrival::partial ? ", so far" : "", to_string(g)));
}

void Stepper::from(const Words& words) {
  const std::int32_t index = node_or_selected(words);
  const Tape& tape = session_.tape();
  const auto parts = session_.contributions(index);
  if (parts.empty()) {
    show(index == session_.root() && session_.phase() != Phase::forward
             ? "the pass begins here, with a gradient of 1\n"
             : "nothing has arrived yet\n");
  }
  for (const Contribution& part : parts) {
    show(fmt::format("{:<30} {:<24} {}\n", node_name(tape, part.from), gradient_text(part.value),
                     place_of(node_at(tape, part.from))));
  }
}

void Stepper::way(const Words& words) {
  const auto steps = path(session_, node_or_selected(words));
  if (steps.empty()) show("nothing has arrived yet\n");
  for (const PathStep& step : steps) {
    const Node& node = node_at(session_.tape(), step.node);
    const std::string line =
        fmt::format("{:<30} received {:<10} {:<16} {}", node_name(session_.tape(), step.node),
                    number_text(step.received),
                    step.node == steps.back().node ? "" : "sent " + number_text(step.sent),
                    scope_info(node.scope).path);
    show(line.substr(0, line.find_last_not_of(' ') + 1) + "\n");
  }
}

void Stepper::check_node(const Words& words) {
  const Tape& tape = session_.tape();
  if (words.empty() || words.front() != "all") {
    show(tapestry::check_node(tape, node_or_selected(words)).text + "\n");
    return;
  }
  int right = 0, wrong = 0;
  for (std::int32_t i = 0; i < std::ssize(tape.nodes()); ++i) {
    if (!session_.reachable(i) || !node_at(tape, i).op) continue;
    const GradReport r = tapestry::check_node(tape, i, {.max_elements = 8});
    ++(r.ok ? right : wrong);
    if (!r.ok) show(fmt::format("{}: {}\n", node_name(tape, i), r.text));
  }
  show(fmt::format("{} nodes agree with finite differences, {} do not\n", right, wrong));
}

void Stepper::why(const Words& words) {
  const std::int32_t index = node_or_selected(words);
  const Parameter* p = node_at(session_.tape(), index).parameter;
  show((p ? explain(session_, *p) : explain(session_, index)) + "\n");
  for (const Contribution& part : session_.contributions(index)) {
    if (wrong_at_a_glance(session_.tape(), part.from)) {
      show(fmt::format("  {}, which sent it, has a WRONG backward function: check {}\n",
                       node_name(session_.tape(), part.from), part.from));
    }
  }
}

void Stepper::html(const Words& words) {
  check<ConfigError>(!words.empty(), "html: into which file?");
  check<ConfigError>(session_.phase() != Phase::forward, "html: the reverse pass has not begun");
  write_html(trace(session_.tape(), session_.loss()), words.front());
  show(fmt::format("wrote {}\n", words.front()));
}

}  // namespace tapestry::debug
