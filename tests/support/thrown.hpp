#pragma once

#include <string>
#include <utility>

#include "autograd/error.hpp"

namespace tapestry::test {

/// The text of the E that `fn()` throws.
template <class E = Error, class Fn>
std::string message(Fn&& fn) {
  try {
    std::forward<Fn>(fn)();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// Whether `fn()` throws an E whose text has `word` in it.
template <class E, class Fn>
bool throws_with(Fn&& fn, const std::string& word) {
  return message<E>(std::forward<Fn>(fn)).find(word) != std::string::npos;
}

}  // namespace tapestry::test
