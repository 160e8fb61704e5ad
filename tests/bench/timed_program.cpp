#include "timed_program.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "autograd/error.hpp"
#include "measure.hpp"

namespace tapestry::bench {
namespace {

[[noreturn]] void become(const std::vector<std::string>& command) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  std::perror(arguments[0]);
  _exit(127);
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

// Reads what there is, at most a buffer; false at the end.
bool read_some(int terminal, std::string& output) {
  char buffer[4096];
  const ssize_t count = read(terminal, buffer, sizeof buffer);
  if (count > 0) output.append(buffer, static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace

TimedProgram time_program(const std::vector<std::string>& command, const std::string& mark) {
  TimedProgram result;
  int terminal = -1;
  winsize size = {.ws_row = 50, .ws_col = 200, .ws_xpixel = 0, .ws_ypixel = 0};
  const double begin = seconds_now();
  const pid_t process = forkpty(&terminal, nullptr, nullptr, &size);
  if (process == 0) become(command);
  if (process < 0) throw DataError("no terminal for a program could be made");
  // Readable once the process has ended. glibc 2.36 has a name for the call, but not for C++.
  const int end_of_process = static_cast<int>(syscall(SYS_pidfd_open, process, 0));

  // What it has started may outlive it and keep the terminal open: its own end is what counts.
  for (bool open = true;;) {
    pollfd events[] = {{end_of_process, POLLIN, 0}, {open ? terminal : -1, POLLIN, 0}};
    poll(events, 2, -1);
    if (events[1].revents) {
      open = read_some(terminal, result.output);
      if (std::isnan(result.first_mark) && result.output.find(mark) != std::string::npos) {
        result.first_mark = seconds_now() - begin;
      }
    } else if (events[0].revents) {
      break;  // and everything that it said has been read
    }
  }
  int status = 0;
  rusage used = {};
  wait4(process, &status, 0, &used);
  result.wall = seconds_now() - begin;
  close(end_of_process);
  close(terminal);
  result.succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  result.processor = seconds(used.ru_utime) + seconds(used.ru_stime);
  result.peak_megabytes = 1.024e-3 * static_cast<double>(used.ru_maxrss);
  return result;
}

}  // namespace tapestry::bench
