#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace tapestry::test {

/// Keeps what is written to stderr from here on, until it ends.
class StderrText {
 public:
  StderrText() : file_(std::tmpfile()), before_(dup(STDERR_FILENO)) {
    std::fflush(stderr);
    dup2(fileno(file_), STDERR_FILENO);
  }
  StderrText(const StderrText&) = delete;
  StderrText& operator=(const StderrText&) = delete;
  ~StderrText() {
    std::fflush(stderr);
    dup2(before_, STDERR_FILENO);
    close(before_);
    std::fclose(file_);
  }

  std::string text() const {
    std::fflush(stderr);
    std::string all;
    std::rewind(file_);
    for (int c; (c = std::fgetc(file_)) != EOF;) all += static_cast<char>(c);
    return all;
  }

 private:
  std::FILE* file_;
  int before_;
};

}  // namespace tapestry::test
