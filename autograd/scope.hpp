#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "autograd/source_loc.hpp"

namespace tapestry {

/// Number of an entry in the thread's scope table; 0 = outside every module.
using ScopeId = std::int32_t;

struct ScopeInfo {
  ScopeId parent = 0;
  std::string path;  ///< encoder.fc1
  SourceLoc from;    ///< the line that called the module
};
ScopeId current_scope();
const ScopeInfo& scope_info(ScopeId id);
/// The `opener` that the innermost Scope was given, a module; null for none.
const void* current_opener();

/// Marks the ops of a block as belonging to a module; layers open one around `forward`.
class Scope {
 public:
  /// `opener` is the object whose call this is, for current_opener.
  explicit Scope(std::string_view path, SourceLoc from = SourceLoc::current(),
                 const void* opener = nullptr);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  ScopeId previous_;
  const void* previous_opener_;
};

}  // namespace tapestry
