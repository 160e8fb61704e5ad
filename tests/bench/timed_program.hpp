#pragma once

#include <cmath>
#include <string>
#include <vector>

namespace tapestry::bench {

/// What a program took from its start to its end.
struct TimedProgram {
  bool succeeded = false;  ///< it ended by itself, with status 0
  double wall = 0;         ///< seconds
  double processor = 0;    ///< seconds on all processors, of the programs that it has started too
  double peak_megabytes = 0;  ///< the most memory that it, or one that it has started, held at once
  double first_mark = NAN;    ///< seconds until the mark stood in its output; NaN: it never did
  std::string output;         ///< standard output and error, as a terminal gets them
};

/// Runs a command to its end, at a terminal of its own: programs show there what they are doing, and the
/// moment at which `mark` first appears is noted. It ends with this program, however that ends. DataError
/// if no terminal or process can be had.
TimedProgram time_program(const std::vector<std::string>& command, const std::string& mark);

}  // namespace tapestry::bench
