#include "autograd/debug/screen/line_reader.hpp"

#include <histedit.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace tapestry::debug {

// The handles of libedit, and the data of its callbacks.
struct LineReader::Editor {
  EditLine* line;
  History* history;
  std::string prompt;
  LineReader* reader;

  Editor(LineReader* owner, std::FILE* in, std::FILE* out)
      : line(el_init("tapestry", in, out, stderr)), history(history_init()), reader(owner) {
    HistEvent event;
    ::history(history, &event, H_SETSIZE, 500);
    ::history(history, &event, H_SETUNIQUE, 1);
    el_set(line, EL_CLIENTDATA, this);
    el_set(line, EL_PROMPT, &Editor::show_prompt);
    el_set(line, EL_EDITOR, "emacs");
    el_set(line, EL_SIGNAL, 1);
    el_set(line, EL_HIST, ::history, history);
    el_set(line, EL_ADDFN, "complete", "complete the word", &Editor::complete);
    el_set(line, EL_BIND, "^I", "complete", nullptr);
  }
  ~Editor() {
    history_end(history);
    el_end(line);
  }
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  static Editor& of(EditLine* line) {
    void* self = nullptr;
    el_get(line, EL_CLIENTDATA, &self);
    return *static_cast<Editor*>(self);
  }
  static char* show_prompt(EditLine* line) { return of(line).prompt.data(); }

  // Inserts the common prefix of all candidates; lists them if it adds nothing.
  static unsigned char complete(EditLine* line, int) {
    Editor& self = of(line);
    if (!self.reader->completions_) return CC_ERROR;
    const LineInfo* info = el_line(line);
    const std::string text(info->buffer, info->cursor);
    const std::vector<std::string> words = self.reader->completions_(text);
    if (words.empty()) return CC_ERROR;
    std::string common = words.front();
    for (const std::string& word : words) {
      const auto end = std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first;
      common.erase(end, common.end());
    }
    const std::size_t typed = text.size() - (text.find_last_of(' ') + 1);
    std::string more = common.size() > typed ? common.substr(typed) : std::string();
    if (words.size() == 1) more += ' ';
    if (!more.empty()) return el_insertstr(line, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    std::fputc('\n', self.reader->out_);
    for (const std::string& word : words) std::fprintf(self.reader->out_, "%s  ", word.c_str());
    std::fputc('\n', self.reader->out_);
    return CC_REDISPLAY;
  }
};

LineReader::LineReader(std::FILE* in, std::FILE* out) : in_(in), out_(out) {
  if (isatty(fileno(in)) && isatty(fileno(out))) editor_ = std::make_unique<Editor>(this, in, out);
}

LineReader::~LineReader() = default;

std::optional<std::string> LineReader::read(const std::string& prompt) {
  std::string line;
  if (editor_) {
    editor_->prompt = prompt;
    int count = 0;
    const char* typed = el_gets(editor_->line, &count);
    if (!typed || count <= 0) return {};
    line = typed;
    HistEvent event;
    if (line.find_first_not_of(" \n") != line.npos) {
      ::history(editor_->history, &event, H_ENTER, line.c_str());
    }
  } else {
    std::fputs(prompt.c_str(), out_);
    char* buffer = nullptr;
    std::size_t capacity = 0;
    const ssize_t length = getline(&buffer, &capacity, in_);
    if (length > 0) line.assign(buffer, static_cast<std::size_t>(length));
    std::free(buffer);
    if (length <= 0) {
      std::fputc('\n', out_);
      return {};
    }
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  if (!editor_) std::fprintf(out_, "%s\n", line.c_str());
  return line;
}

}  // namespace tapestry::debug
