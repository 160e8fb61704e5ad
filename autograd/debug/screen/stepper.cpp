#include "autograd/debug/screen/stepper.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>

#include "autograd/debug/names.hpp"
#include "autograd/debug/screen/screen.hpp"
#include "autograd/debug/stats.hpp"

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
  // An unambiguous prefix of a long name is enough.
  const Command* found = nullptr;
  for (const Command& c : commands()) {
    if (name.size() < 2 || !full_name(c.names).starts_with(name)) continue;
    if (found) return nullptr;
    found = &c;
  }
  return found;
}

// The dialogue -----------------------------------------------------------------------------------

Stepper::Stepper(Session& session, LineReader& lines, std::FILE* out)
    : session_(session), lines_(lines), out_(out) {
  lines_.set_completions([this](const std::string& text) { return complete(text); });
}

namespace {

// On a terminal with colours titles are bold, faults red and passed checks green.
std::string coloured(const std::string& text) {
  std::string out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    const auto paint = [&](std::string_view what, const char* style) {
      for (std::size_t at = 0; (at = line.find(what, at)) != line.npos;) {
        const std::string painted = fmt::format("\x1b[{}m{}\x1b[0m", style, what);
        line.replace(at, what.size(), painted);
        at += painted.size();
      }
    };
    if (line.starts_with("node ")) {
      line = "\x1b[1m" + line + "\x1b[0m";
    } else {
      paint("WRONG", "1;31");
      paint("wrong gradient", "1;31");
      paint("not finite", "31");
      paint("check: ok", "32");
      paint("zero_grad?", "1;33");
    }
    out += line;
    if (end < text.size()) out += '\n';
    begin = end + 1;
  }
  return out;
}

bool wants_colour(std::FILE* out) {
  const char* term = std::getenv("TERM");
  const bool plain = std::getenv("NO_COLOR") || !term || std::string_view(term) == "dumb";
  return !plain && isatty(fileno(out));
}

}  // namespace

void Stepper::show(const std::string& text) {
  fmt::print(out_, "{}", wants_colour(out_) ? coloured(text) : text);
}

int Stepper::width() const {
  winsize size{};
  const bool known = isatty(fileno(out_)) && ioctl(fileno(out_), TIOCGWINSZ, &size) == 0;
  return known ? size.ws_col : 0;
}

void Stepper::show_screen() { show(screen(session_, selected_, width())); }

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
    if (error.at.line) {  // thrown by an op: show the whole message
      show(fmt::format("{}\n", error.what()));
    } else {
      show(fmt::format("{}{}{}\n", error.message, error.hint.empty() ? "" : "; ", error.hint));
    }
  }
}

void Stepper::moved(const Stop& stop) {
  if (session_.phase() == Phase::forward && selected_ == session_.at()) {
    go_on_ = true;  // the command names a stop: run on until it is reached
    return;
  }
  selected_ = session_.at();
  if (const std::string text = stop_text(stop); !text.empty()) show(text + "\n");
  if (selected_ >= 0) {
    show_screen();
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
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(script.c_str(), "r"));
  if (!file) {
    throw ConfigError(fmt::format("{}: cannot read the commands", script),
                      "a script has one command a line; # begins a comment");
  }
  LineReader lines(file.get(), stdout);
  converse(tape, loss, lines);
}

}  // namespace tapestry::debug
