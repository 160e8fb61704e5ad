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

/// Why a check counts as not begun: what is still to be written, and the task that it belongs to.
struct Todo {
  std::string needs, what;
};

}  // namespace course
