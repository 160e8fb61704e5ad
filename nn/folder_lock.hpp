#pragma once

#include <filesystem>

namespace tapestry::nn {

/// Locks a folder for one writer until the end of the block or of the process, even after a crash;
/// leaves no file behind. With an empty path, or on a file system without locks, it does nothing.
class FolderLock {
 public:
  /// Throws ConfigError, naming the process, while another lock holds the folder.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace tapestry::nn
