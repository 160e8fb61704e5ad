#include "nn/file.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "support/catch.hpp"
#include "support/scratch_folder.hpp"

using namespace tapestry::nn;

namespace {

/// If not 0: every second call is interrupted by a signal, the others move so many bytes at most.
std::size_t most = 0;

template <class Pointer>
ssize_t in_parts(long call, int fd, Pointer bytes, std::size_t count) {
  static bool interrupted = false;
  if (most > 0) {
    interrupted = !interrupted;
    if (interrupted) {
      errno = EINTR;
      return -1;
    }
    count = std::min(count, most);
  }
  return ::syscall(call, fd, bytes, count);
}

}  // namespace

// The program's own read and write come before those of the C library. Other names here, because headers may define them.
extern "C" ssize_t read_in_parts(int fd, void* to, size_t count) __asm__("read");
extern "C" ssize_t write_in_parts(int fd, const void* from, size_t count) __asm__("write");

ssize_t read_in_parts(int fd, void* to, size_t count) { return in_parts(SYS_read, fd, to, count); }
ssize_t write_in_parts(int fd, const void* from, size_t count) {
  return in_parts(SYS_write, fd, from, count);
}

TEST_CASE("files are whole on a system that moves few bytes at a time and is interrupted", "[nn]") {
  const ScratchFolder folder;
  std::string text;
  for (int i = 0; i < 500; ++i) text += std::to_string(i);
  most = 7;
  write_file_atomically(folder / "a", text);
  append_to_file(folder / "a", text);
  const std::string read = read_file(folder / "a");
  most = 0;
  CHECK(read == text + text);
}

TEST_CASE("files are written by a program that began with its input closed", "[nn]") {
  // The next file to be opened then gets the number 0, which is no error.
  const ScratchFolder folder;
  const int input = ::dup(0);
  ::close(0);
  std::string thrown, read;
  try {
    write_file_atomically(folder / "a", "first");
    append_to_file(folder / "a", " second");
    read = read_file(folder / "a");
  } catch (const std::exception& e) {
    thrown = e.what();
  }
  if (input >= 0) {
    ::dup2(input, 0);
    ::close(input);
  }
  CHECK(thrown.empty());
  CHECK(read == "first second");
}
