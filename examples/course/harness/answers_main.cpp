// The program with the student's files: asks the questions of one task and writes the answers, a line
// each, into the file of --answers. It holds no expected value and makes no verdict.
//
//     begin K               the K-th check of the task starts
//     numbers N x ...       an answer: N numbers, as C's %a writes them
//     text BYTES            an answer: a text, in hexadecimal
//     todo TASK WHAT        the student's code is still to be written
//     threw WHAT            it threw something else; both end the check
//     end K                 the check is over
//     done                  so is the task
//
// answers.hpp has what is written inside a check; this file writes the rest.

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "autograd/error.hpp"
#include "roster.hpp"

namespace course {

namespace {

int stream = 2;

/// One system call for each line, so that a line is whole or not there.
void put(std::string line) {
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';
  line += '\n';
  std::size_t at = 0;
  while (at < line.size()) {
    const ssize_t put = ::write(stream, line.data() + at, line.size() - at);
    if (put <= 0) _exit(3);  // nobody reads: the grader is gone
    at += static_cast<std::size_t>(put);
  }
}

std::string hex(double number) {
  char text[40];
  std::snprintf(text, sizeof text, " %a", number);
  return text;
}

/// Asks one check; what the student's code throws ends it.
void ask(const Check& check) try { check.run(); } catch (const tapestry::NotImplemented& todo) {
  put("todo " + todo.op + " " + todo.message);
} catch (const std::exception& error) {
  put(std::string("threw ") + error.what());
} catch (...) {
  put("threw something that is no std::exception");
}

}  // namespace

bool refused(const std::function<void()>& run) try {
  run();
  return false;
} catch (const std::invalid_argument&) {
  return true;
} catch (const tapestry::NotImplemented&) {
  throw;
} catch (const std::exception& error) {
  throw std::runtime_error(error.what() + std::string("; it must be a std::invalid_argument"));
}

void answers::write(const std::vector<double>& numbers) {
  std::string line = "numbers " + std::to_string(numbers.size());
  for (const double x : numbers) line += hex(x);
  put(std::move(line));
}

void answers::write(double number) { write(std::vector{number}); }
void answers::write(int number) { write(std::vector{static_cast<double>(number)}); }
void answers::write(bool truth) { write(std::vector{truth ? 1.0 : 0.0}); }
void answers::write(const std::vector<int>& numbers) {
  write(std::vector<double>(numbers.begin(), numbers.end()));
}

void answers::write(const std::string& text) {
  std::string line = "text ";
  for (const char c : text) {
    char byte[3];
    std::snprintf(byte, sizeof byte, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    line += byte;
  }
  put(std::move(line));
}

}  // namespace course

int main(int argc, char** argv) {
  using namespace course;
  const Options options = parse(argc, argv);
  stream = options.answers;
  for (const Listed& listed : all_checks()) {
    if (!asked_for(options, listed)) continue;
    put("begin " + std::to_string(listed.index));
    begin_check(options.seed, listed);
    ask(*listed.check);
    std::fflush(stdout);
    put("end " + std::to_string(listed.index));
  }
  put("done");
}
