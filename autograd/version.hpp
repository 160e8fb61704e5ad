#pragma once

namespace tapestry {

/// The version of the library, which CMake reads here: CHANGELOG.md says what it holds.
inline constexpr const char* kLibraryVersion = "0.1.0";

}  // namespace tapestry
