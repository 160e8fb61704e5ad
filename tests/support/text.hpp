#pragma once

#include <string>

#include "support/catch.hpp"

/// Checks that `text` contains `part`, and shows both when it does not.
inline void check_contains(const std::string& text, const std::string& part) {
  INFO("text: " << text);
  INFO("part: " << part);
  CHECK(text.find(part) != std::string::npos);
}
