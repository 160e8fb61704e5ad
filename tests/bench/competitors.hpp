#pragma once

#include <sys/types.h>

#include <vector>

namespace tapestry::bench {

/// Processes that only compute, as a browser or a build beside a training run would. They begin with this
/// object and end with it, and also with this program, however that ends.
class Competitors {
 public:
  /// DataError if the system gives no process.
  explicit Competitors(int count);
  ~Competitors();
  Competitors(const Competitors&) = delete;
  Competitors& operator=(const Competitors&) = delete;

 private:
  void end();

  std::vector<pid_t> processes_;
};

}  // namespace tapestry::bench
