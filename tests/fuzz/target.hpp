#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Readers of bytes from other hands, each as a function of the bytes. clang's libFuzzer calls them with
/// changed bytes as long as one likes (tests/fuzz/run); in other builds the test `fuzz` calls them with
/// their seeds.
namespace tapestry::fuzz {

struct Target {
  const char* name;
  const char* reads;  ///< for people
  /// Reads the input. Throws nothing for an input that is refused in the way the reader promises;
  /// whatever else it throws is a finding.
  void (*run)(std::string_view input);
  std::vector<std::string> (*seeds)();  ///< good inputs, to begin from
  /// Bytes that may be allocated at once for each byte of input, beside a fixed amount.
  std::size_t memory_factor;
  /// Changes an input, and returns its new size; null = as libFuzzer changes all others.
  std::size_t (*mutate)(std::uint8_t* data, std::size_t size, std::size_t most,
                        unsigned seed) = nullptr;
};

std::span<const Target> targets();

/// Calls fn; true unless it throws E, the refusal that the reader promises.
template <class E, class Fn>
bool accepted(Fn fn) {
  try {
    fn();
    return true;
  } catch (const E&) {
    return false;
  }
}

/// Ends the program, which is how libFuzzer is told of a finding.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

inline std::span<const std::uint8_t> bytes_of(std::string_view input) {
  return {reinterpret_cast<const std::uint8_t*>(input.data()), input.size()};
}

}  // namespace tapestry::fuzz
