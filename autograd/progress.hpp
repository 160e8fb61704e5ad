#pragma once

#include <cstdint>
#include <string>

namespace tapestry {

/// How far a training on this thread has come. Optimizers count their steps, a trainer its epochs, and
/// errors name both: a scale that is 0 after a hundred steps has another cause than one that is 0 from
/// the start.
struct TrainingProgress {
  const char* optimizer = nullptr;  ///< the one that made the last step
  std::int64_t steps = 0;           ///< that it has made
  std::int64_t epoch = 0;           ///< the current one, from 1; 0 = epochs are not counted
  std::int64_t step = 0;            ///< the current one of the epoch, from 1
};

TrainingProgress& progress();
/// "step 3 of epoch 1", or "after step 82 of adam"; empty before the first step.
std::string progress_text();

}  // namespace tapestry
