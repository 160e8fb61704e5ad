#include "autograd/progress.hpp"

#include <fmt/core.h>

namespace tapestry {

TrainingProgress& progress() {
  thread_local TrainingProgress now;
  return now;
}

std::string progress_text() {
  const TrainingProgress& p = progress();
  if (p.epoch > 0) return fmt::format("step {} of epoch {}", p.step, p.epoch);
  return p.steps > 0 ? fmt::format("after step {} of {}", p.steps, p.optimizer) : std::string();
}

}  // namespace tapestry
