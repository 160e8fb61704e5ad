#pragma once

#include <string>
#include <vector>

namespace course {

/// Why a check failed. What is empty is not shown.
struct Failure {
  std::string what = {};  ///< what should hold
  std::vector<std::string> got = {}, expected = {};
  std::string hint = {};        ///< topic of a hint
  double factor = 0;            ///< got / expected, when that is the same everywhere
  std::vector<int> wrong = {};  ///< which elements differ, of several
};

}  // namespace course
