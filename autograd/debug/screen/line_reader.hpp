#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tapestry::debug {

/// Reads lines from a terminal or a file. At a terminal they can be edited and completed (Tab), and
/// the arrow keys recall earlier ones; lines from a pipe or a file are echoed after the prompt, so
/// that the output reads like a session.
class LineReader {
 public:
  /// All words that may continue the last word of the text.
  using Completions = std::function<std::vector<std::string>(const std::string& text)>;

  explicit LineReader(std::FILE* in = stdin, std::FILE* out = stdout);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  void set_completions(Completions completions) { completions_ = std::move(completions); }
  bool at_terminal() const { return editor_ != nullptr; }
  /// std::nullopt at the end of the input.
  std::optional<std::string> read(const std::string& prompt);

 private:
  struct Editor;
  std::FILE* in_;
  std::FILE* out_;
  Completions completions_;
  std::unique_ptr<Editor> editor_;
};

}  // namespace tapestry::debug
