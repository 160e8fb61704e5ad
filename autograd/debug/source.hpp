#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace tapestry::debug {

/// The program's source files, where they can still be read. Recorded paths are relative to the
/// folder of the project.
class SourceFiles {
 public:
  /// Looks in `folder`. Without one, in the working folder and those above it, then in the program's
  /// folder and those above that: a program that lies in its project finds it from everywhere.
  explicit SourceFiles(std::filesystem::path folder = {});

  /// The lines of a file; none if it cannot be found.
  std::span<const std::string> lines(const std::string& file);

 private:
  std::vector<std::filesystem::path> folders_;
  std::map<std::string, std::vector<std::string>> files_;
};

}  // namespace tapestry::debug
