#include "nn/file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "autograd/error.hpp"

namespace tapestry::nn {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* doing) {
  const std::string reason = std::generic_category().message(errno);
  throw DataError(fmt::format("{}: cannot {}: {}", path.string(), doing, reason));
}

/// The result of a system call, made again as long as signals interrupt it.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// An open file; closed on every way out.
class File {
 public:
  File(const std::filesystem::path& path, int flags, const char* doing)
      : fd_(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); })) {
    if (fd_ < 0) fail(path, doing);
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

void write_all(const std::filesystem::path& path, int how, std::string_view rest) {
  const File file(path, O_WRONLY | O_CREAT | how, "write");
  while (!rest.empty()) {
    const ssize_t n = uninterrupted([&] { return ::write(file.fd(), rest.data(), rest.size()); });
    if (n < 0) fail(path, "write");
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (uninterrupted([&] { return ::fsync(file.fd()); }) != 0) fail(path, "write");
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view contents) {
  // The process number keeps another process from renaming this file when it is half written.
  const std::filesystem::path temporary = fmt::format("{}.{}.tmp", path.string(), ::getpid());
  try {
    write_all(temporary, O_TRUNC, contents);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "replace");
  } catch (const DataError&) {
    ::unlink(temporary.c_str());
    throw;
  }
  // The new name itself must survive a power cut too. Some file systems cannot sync a folder.
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);
  ::close(directory);
}

void append_to_file(const std::filesystem::path& path, std::string_view contents) {
  write_all(path, O_APPEND, contents);
}

void remove_left_over(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    std::filesystem::path name = entry.path();  // NAME.PROCESS.tmp
    if (name.extension() != ".tmp") continue;
    const std::string number = name.replace_extension().extension().string();
    pid_t process = 0;
    const auto [end, fault] =
        std::from_chars(number.data() + std::min<std::size_t>(1, number.size()),
                        number.data() + number.size(), process);
    const bool is_ours = fault == std::errc() && *end == '\0' && process > 0;
    if (is_ours && ::kill(process, 0) != 0 && errno == ESRCH)
      std::filesystem::remove(entry.path(), ignored);
  }
}

std::string read_file(const std::filesystem::path& path) {
  const File file(path, O_RDONLY, "read");
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) fail(path, "read");
  check<DataError>(S_ISREG(info.st_mode), "{}: not a regular file", path.string());
  std::string contents(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < contents.size()) {
    const ssize_t n = uninterrupted(
        [&] { return ::read(file.fd(), contents.data() + done, contents.size() - done); });
    if (n < 0) fail(path, "read");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  contents.resize(done);
  return contents;
}

}  // namespace tapestry::nn
