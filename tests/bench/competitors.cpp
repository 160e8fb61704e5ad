#include "competitors.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "autograd/error.hpp"

namespace tapestry::bench {
namespace {

[[noreturn]] void compute(pid_t parent) {
  // The system ends it when its parent dies, of SIGKILL too; unless that has happened already.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  close_range(3, ~0U, 0);  // pipes to peers, which must not stay open because of it
  for (volatile unsigned number = 1;;) number = number * 1664525u + 1013904223u;
}

}  // namespace

Competitors::Competitors(int count) {
  const pid_t parent = getpid();
  for (int i = 0; i < count; ++i) {
    const pid_t process = fork();
    if (process == 0) compute(parent);
    if (process < 0) {
      end();
      throw DataError("bench busy: the system starts no more processes");
    }
    processes_.push_back(process);
  }
}

Competitors::~Competitors() { end(); }

void Competitors::end() {
  for (const pid_t process : processes_) kill(process, SIGKILL);
  for (const pid_t process : processes_) waitpid(process, nullptr, 0);
  processes_.clear();
}

}  // namespace tapestry::bench
