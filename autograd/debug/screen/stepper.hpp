#pragma once

#include <string>
#include <vector>

#include "autograd/debug/screen/line_reader.hpp"
#include "autograd/debug/session/session.hpp"
#include "autograd/debug/source.hpp"

namespace tapestry::debug {

/// Steps through the reverse pass from `loss` by commands from the terminal (or from a pipe), until
/// `q` or the end of the input. Changes nothing: tape.backward(loss) may follow.
///
///     Tape tape({.keep = Keep::all});
///     Tensor loss = model.elbo(x).loss();
///     debug::interactive(tape, loss);     // type help
///     tape.backward(loss);
void interactive(Tape& tape, const Tensor& loss);
/// The same with commands from a file. ConfigError if it cannot be read.
void interactive(Tape& tape, const Tensor& loss, const std::string& script);

/// The dialogue about one session, in either phase.
class Stepper {
 public:
  Stepper(Session& session, LineReader& lines, std::FILE* out);

  /// Shows the current node and runs commands. In reverse: until `q` or the end of the input; in
  /// forward: until a command that continues the program.
  void talk();
  /// True after the command `q`: there are no more stops.
  bool quit() const { return quit_; }

 private:
  using Words = std::vector<std::string>;
  struct Command;
  static const std::vector<Command>& commands();
  static const Command* find(const std::string& name);

  void obey(const std::string& line);
  void moved(const Stop& stop);
  void show(const std::string& text);
  void show_screen();
  int width() const;  ///< of the terminal, in columns; 0 for a file or a pipe
  std::string prompt() const;
  std::vector<std::string> complete(const std::string& text) const;
  std::int32_t node_or_selected(const Words& words) const;
  Breakpoint breakpoint_of(const Words& words, std::size_t first) const;

  // The commands, in the order of the table.
  void step(const Words& words);
  void step_into(const Words& words);
  void next(const Words& words);
  void finish(const Words& words);
  void run(const Words& words);
  void run_to(const Words& words);
  void undo(const Words& words);
  void restart(const Words& words);
  void add_breakpoint(const Words& words);
  void add_watchpoint(const Words& words);
  void remove(const Words& words);
  void where(const Words& words);
  void up(const Words& words);
  void down(const Words& words);
  void list(const Words& words);
  void source(const Words& words);
  void print(const Words& words);
  void stat(const Words& words);
  void element(const Words& words);
  void gradient(const Words& words);
  void from(const Words& words);
  void way(const Words& words);
  void check_node(const Words& words);
  void why(const Words& words);
  void html(const Words& words);
  void help(const Words& words);
  void leave(const Words& words);

  Session& session_;
  LineReader& lines_;
  std::FILE* out_;
  SourceFiles sources_;
  std::int32_t selected_ = -1;
  std::string last_motion_;
  bool quit_ = false;
  bool go_on_ = false;  ///< forward: leave the dialogue until the next stop
};

}  // namespace tapestry::debug
