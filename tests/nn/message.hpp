#pragma once

#include <string>
#include <utility>

namespace tapestry::test {

/// Whether `fn()` throws an E whose text has `word` in it.
template <class E, class Fn>
bool throws_with(Fn&& fn, const std::string& word) {
  try {
    std::forward<Fn>(fn)();
  } catch (const E& e) {
    return std::string(e.what()).find(word) != std::string::npos;
  }
  return false;
}

}  // namespace tapestry::test
