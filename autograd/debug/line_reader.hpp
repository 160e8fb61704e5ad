#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tapestry::debug {

/// Lines from a person or a file. At a terminal they can be edited and completed (Tab), and earlier
/// ones come back with the arrow keys; lines from a pipe or a file are echoed behind the prompt, so
/// that what is printed reads like a session.
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
  /// Nothing at the end of the input.
  std::optional<std::string> read(const std::string& prompt);

 private:
  struct Editor;
  std::FILE* in_;
  std::FILE* out_;
  Completions completions_;
  std::unique_ptr<Editor> editor_;
};

}  // namespace tapestry::debug
