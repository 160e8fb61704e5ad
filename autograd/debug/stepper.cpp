#include "autograd/debug/stepper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "autograd/debug/expression.hpp"
#include "autograd/debug/html.hpp"
#include "autograd/debug/names.hpp"
#include "autograd/debug/picture.hpp"
#include "autograd/debug/query.hpp"
#include "autograd/debug/screen.hpp"
#include "autograd/debug/stats.hpp"
#include "autograd/gradcheck.hpp"

namespace tapestry::debug {

// The commands, as `help` shows them: its groups, lines and texts are made from this table.
struct Stepper::Command {
  const char* names;      // "s step": the short one first
  const char* arguments;  // "[N]"
  const char* brief;
  const char* text;  // what `help NAME` adds
  void (Stepper::*run)(const Words&);
  std::size_t most;  // arguments
  bool motion = false;
};

const std::vector<Stepper::Command>& Stepper::commands() {
  static const std::vector<Command> table = {
      {"s step", "[N]", "run the backward function of this node, or of N nodes",
       "The node sends its contributions (dx, da, ...) to its operands; the next node on the way\n"
       "down the tape is the new stop. An empty line repeats the last motion.",
       &Stepper::step, 1, true},
      {"si into", "", "send one contribution, to one operand",
       "A node with two operands takes two of these. `list` shows gradients that are 'so far'.",
       &Stepper::step_into, 0, true},
      {"n next", "", "to the next node of this module, over the modules inside",
       "Modules are the layers whose names stand in the first line: encoder.fc1 lies inside "
       "encoder.",
       &Stepper::next, 0, true},
      {"f finish", "", "to the first node outside this module", "", &Stepper::finish, 0, true},
      {"c continue", "", "to the next break- or watchpoint, or to the end", "", &Stepper::run, 0,
       true},
      {"to", "WHERE", "run to a node, op, label, parameter, module or line",
       "WHERE is that of `b`. For a parameter it waits until the whole gradient has arrived.",
       &Stepper::run_to, 2, true},
      {"u undo", "[N]", "take back the last node, or N nodes; exact to the last bit", "",
       &Stepper::undo, 1, true},
      {"restart", "", "back to the first node", "", &Stepper::restart, 0, true},
      {"b break", "[WHERE]", "stop on arrival; without WHERE: all break- and watchpoints",
       "b softplus            an op\n"
       "b 17                  a node\n"
       "b main.cpp:57         a source line, of an op or of the call of a module\n"
       "b encoder.fc1.weight  the node that sends this parameter its gradient\n"
       "b z                   the node with the label z, from x.named(\"z\")\n"
       "b encoder*            nodes of modules whose name fits; * is any text\n"
       "Where a name means several things, say which: b op NAME, b scope NAME, b label NAME,\n"
       "b parameter NAME. d N deletes.",
       &Stepper::add_breakpoint, 2},
      {"w watch", "WHAT CONDITION", "stop when a gradient does something",
       "WHAT is a node, label or parameter, or `any`. CONDITION is one of\n"
       "nan          a value that is not finite has arrived\n"
       "norm>10      the complete gradient is larger    (norm<1e-6: it vanishes)\n"
       "ratio>100    a node sends so many times what it received\n"
       "zero         the complete gradient is 0 everywhere\n"
       "sign         a contribution turned the sign of the largest element\n"
       "[2,7]        this element got another value\n"
       "version      the parameter was updated since it was recorded",
       &Stepper::add_watchpoint, 2},
      {"d delete", "N", "delete a break- or watchpoint", "", &Stepper::remove, 1},
      {".", "", "this node again; after up and down: back to the node whose turn it is", "",
       &Stepper::where, 0},
      {"up", "[NODE]", "look at the node that sent most of this gradient (towards the loss)", "",
       &Stepper::up, 1},
      {"down", "[I]", "look at operand I, the first without I (towards the parameters)", "",
       &Stepper::down, 1},
      {"l list", "[A-B | MODULE*]", "nodes around this one, from A to B, or of a module",
       "> is the node whose turn it is. 'none yet' is not 0: nothing has arrived there so far.",
       &Stepper::list, 1},
      {"src", "[NODE]", "the source around the line that recorded the node", "", &Stepper::source,
       1},
      {"p print", "TENSOR", "values: p x, p dy, p dx[0,:5], p 17, p d17, p encoder.fc1.bias",
       "y, x, a, ...    the value and the operands, by the letters of the node's formula\n"
       "dy, dx, da      its gradient, and what it sends\n"
       "17, d17         another node's value and gradient; so too labels and parameters\n"
       "x[1:3,:5]       a part: rows 1 and 2, the first five columns",
       &Stepper::print, 1},
      {"stat", "TENSOR", "its numbers in short, and how they are spread", "", &Stepper::stat, 1},
      {"x", "[I,J]", "one element: value, gradient, and the slopes of this node there",
       "The slopes are a row of the local Jacobian: how this one element of y changes with each\n"
       "element of the operands.",
       &Stepper::element, 1},
      {"grad", "[NODE]", "the gradient of a node, label or parameter so far", "",
       &Stepper::gradient, 1},
      {"from", "[NODE]", "who sent its contributions, in order of arrival", "", &Stepper::from, 1},
      {"path", "[NODE]", "the way from the loss along which most of the gradient came", "",
       &Stepper::way, 1},
      {"check", "[NODE | all]", "compare the backward function with finite differences", "",
       &Stepper::check_node, 1},
      {"why", "[NODE]", "why a gradient is missing, zero, not finite, or what it consists of", "",
       &Stepper::why, 1},
      {"html", "FILE", "write the whole reverse pass as a page for the browser", "", &Stepper::html,
       1},
      {"h help", "[COMMAND]", "this list, or more about one command", "", &Stepper::help, 1},
      {"q quit", "", "let the program go on without further stops", "", &Stepper::leave, 0},
  };
  return table;
}

namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != line.npos) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

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

// Whether `word` is one of the names in "s step".
bool has_name(const char* names, std::string_view word) {
  for (const std::string& name : words_of(names)) {
    if (name == word) return true;
  }
  return false;
}

std::string full_name(const char* names) { return words_of(names).back(); }

}  // namespace

const Stepper::Command* Stepper::find(const std::string& name) {
  for (const Command& c : commands()) {
    if (has_name(c.names, name)) return &c;
  }
  // The beginning of a long name is enough where it fits one command alone.
  const Command* found = nullptr;
  for (const Command& c : commands()) {
    if (name.size() < 2 || !full_name(c.names).starts_with(name)) continue;
    if (found) return nullptr;
    found = &c;
  }
  return found;
}

// The conversation -------------------------------------------------------------------------------

Stepper::Stepper(Session& session, LineReader& lines, std::FILE* out)
    : session_(session), lines_(lines), out_(out) {
  lines_.set_completions([this](const std::string& text) { return complete(text); });
}

void Stepper::show(const std::string& text) { fmt::print(out_, "{}", text); }

std::string Stepper::prompt() const {
  if (session_.phase() == Phase::forward) return "(forward) > ";
  if (session_.phase() == Phase::finished) return "(end) > ";
  std::string part;
  if (session_.operand() > 0) part = fmt::format(", {} sent", session_.operand());
  return fmt::format("(step {} of {}{}) > ", session_.done() + 1, session_.total(), part);
}

void Stepper::talk() {
  go_on_ = quit_ = false;
  moved({Stop::Why::stepped, 0, {}});
  while (!quit_ && !go_on_) {
    const auto line = lines_.read(prompt());
    if (!line) {
      quit_ = true;
    } else {
      obey(*line);
    }
    std::fflush(out_);
  }
}

void Stepper::obey(const std::string& line) {
  Words words = words_of(line.substr(0, line.find('#')));
  if (words.empty()) {
    if (line.find('#') != line.npos || last_motion_.empty()) return;
    words = words_of(last_motion_);
  }
  const Command* command = find(words.front());
  if (!command) {
    show(fmt::format("there is no command '{}'; help lists them\n", words.front()));
    return;
  }
  try {
    if (command->motion) last_motion_ = fmt::format("{}", fmt::join(words, " "));
    words.erase(words.begin());
    if (words.size() > command->most) {
      const std::string name = full_name(command->names);
      throw ConfigError(command->most == 0
                            ? name + " takes no argument"
                            : fmt::format("{} takes at most {} argument{}: {} {}", name,
                                          command->most, command->most == 1 ? "" : "s", name,
                                          command->arguments));
    }
    (this->*command->run)(words);
  } catch (const Error& error) {
    if (error.at.line) {  // thrown by an op: all of it tells something
      show(fmt::format("{}\n", error.what()));
    } else {
      show(fmt::format("{}{}{}\n", error.message, error.hint.empty() ? "" : "; ", error.hint));
    }
  }
}

void Stepper::moved(const Stop& stop) {
  if (session_.phase() == Phase::forward && selected_ == session_.at()) {
    go_on_ = true;  // the command was a wish: the program goes on until it comes true
    return;
  }
  selected_ = session_.at();
  if (const std::string text = stop_text(stop); !text.empty()) show(text + "\n");
  if (selected_ >= 0) {
    show(screen(session_, selected_));
  } else {
    selected_ = session_.root();
  }
}

std::vector<std::string> Stepper::complete(const std::string& text) const {
  const std::size_t space = text.find_last_of(' ');
  const std::string begun = text.substr(space == text.npos ? 0 : space + 1);
  std::set<std::string> words;
  if (space == text.npos) {
    for (const Command& c : commands()) words.insert(full_name(c.names));
  } else {
    for (const Node& n : session_.tape().nodes()) {
      if (n.op) words.insert(n.op->name);
      if (n.label) words.insert(n.label);
      if (n.parameter) words.insert(n.parameter->name());
      if (n.scope) words.insert(scope_info(n.scope).path);
    }
  }
  std::vector<std::string> fitting;
  for (const std::string& word : words) {
    if (word.starts_with(begun)) fitting.push_back(word);
  }
  return fitting;
}

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
      show(
          fmt::format("{} is complete: {}\n", node_name(tape, i), gradient_text(session_.grad(i))));
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
  // In forward the node may be still to come; an op's name is known all the same.
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

// Looking around ---------------------------------------------------------------------------------

void Stepper::where(const Words&) {
  if (session_.at() >= 0) selected_ = session_.at();
  show(screen(session_, selected_));
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
  show(screen(session_, selected_));
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
  show(screen(session_, selected_));
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
        show(list_line(session_, i) + "\n");
      }
      if (found) return;
      throw ConfigError(fmt::format("no module here is called '{}'", word),
                        "list 3-12 shows nodes by number, list encoder* those of modules");
    }
    first = find_node(tape, numbers ? word.substr(0, dash) : word);
    last = numbers ? std::min(count - 1, find_node(tape, word.substr(dash + 1))) : first;
  }
  for (std::int32_t i = last; i >= first; --i) show(list_line(session_, i) + "\n");
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
}

void Stepper::html(const Words& words) {
  check<ConfigError>(!words.empty(), "html: into which file?");
  check<ConfigError>(session_.phase() != Phase::forward, "html: the reverse pass has not begun");
  write_html(trace(session_.tape(), session_.loss()), words.front());
  show(fmt::format("wrote {}\n", words.front()));
}

void Stepper::help(const Words& words) {
  const auto names = [](const Command& c) {
    const Words all = words_of(c.names);
    return fmt::format("{}", fmt::join(all, ", "));
  };
  if (words.empty()) {
    show(
        "A node has computed y from its operands. The reverse pass goes from the loss to the\n"
        "parameters: at each node dy, the gradient of the loss by y, is complete, and the node\n"
        "sends each operand its contribution.\n\n");
    for (const Command& c : commands()) {
      show(fmt::format("  {:<26} {}\n", names(c) + (*c.arguments ? " " : "") + c.arguments,
                       c.brief));
    }
    show("\nhelp COMMAND tells more.\n");
    return;
  }
  const Command* c = find(words.front());
  check<ConfigError>(c != nullptr, "there is no command '{}'; help lists them", words.front());
  show(fmt::format("{}{}{}: {}\n{}{}", names(*c), *c->arguments ? " " : "", c->arguments, c->brief,
                   c->text, *c->text ? "\n" : ""));
}

void Stepper::leave(const Words&) {
  quit_ = true;
  if (session_.phase() == Phase::forward) session_.run();
}

// Without a class ---------------------------------------------------------------------------------

namespace {

void converse(Tape& tape, const Tensor& loss, LineReader& lines) {
  Session session(tape, loss);
  fmt::print("reverse pass of {} nodes, from {} = {}; help lists the commands\n", session.total(),
             node_name(tape, session.root()), number_text(loss.item()));
  Stepper(session, lines, stdout).talk();
}

}  // namespace

void interactive(Tape& tape, const Tensor& loss) {
  LineReader lines;
  converse(tape, loss, lines);
}

void interactive(Tape& tape, const Tensor& loss, const std::string& script) {
  std::FILE* file = std::fopen(script.c_str(), "r");
  if (!file) {
    throw ConfigError(fmt::format("{}: cannot read the commands", script),
                      "a script has one command a line; # begins a comment");
  }
  {
    LineReader lines(file, stdout);
    converse(tape, loss, lines);
  }
  std::fclose(file);
}

}  // namespace tapestry::debug
