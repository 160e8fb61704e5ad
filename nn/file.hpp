#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tapestry::nn {

/// Replaces `path` by `contents` so that a crash or a full disk at any moment leaves the old file
/// or the new one, never a part: `path.PROCESS.tmp` beside it, fsync, rename. DataError with the
/// system's reason.
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

/// Appends to a file, or begins it; the bytes are on disk when it returns. DataError with the system's
/// reason; a part may have been written.
void append_to_file(const std::filesystem::path& path, std::string_view contents);

/// Removes from `folder` the `.PROCESS.tmp` files of processes that have ended.
void remove_left_over(const std::filesystem::path& folder);

/// The bytes of a regular file. DataError when it is missing, a folder, or cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace tapestry::nn
