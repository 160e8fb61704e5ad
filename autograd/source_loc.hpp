#pragma once

#include <cstdint>

namespace tapestry {

/// A place in the source, taken where a default argument is filled in: the caller's line.
/// (std::source_location is missing from clang 14; the two builtins exist everywhere.)
struct SourceLoc {
  const char* file = "";
  std::uint32_t line = 0;

  static constexpr SourceLoc current(const char* file = __builtin_FILE(),
                                     std::uint32_t line = __builtin_LINE()) {
    return {file, line};
  }
};

}  // namespace tapestry
