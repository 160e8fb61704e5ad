#include "nn/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "autograd/error.hpp"

namespace tapestry::nn {
namespace {

/// The process that holds the flock of this file, from the kernel's list: "1: FLOCK ADVISORY WRITE
/// pid dev:inode 0 EOF".
std::string holder(const struct stat& file) {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, mode, access, process, place;
    words >> number >> kind >> mode >> access >> process >> place;
    const std::size_t inode = place.rfind(':') + 1;
    if (kind == "FLOCK" && place.substr(inode) == std::to_string(file.st_ino)) return process;
  }
  return "unknown";
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) {
  if (folder.empty()) return;
  fd_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd_ < 0 || ::flock(fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  struct stat info {};
  ::fstat(fd_, &info);
  ::close(fd_);
  throw ConfigError(fmt::format("{}: in use by process {}", folder.string(), holder(info)),
                    "two runs in one folder would mix their files: wait for it, or name another");
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace tapestry::nn
