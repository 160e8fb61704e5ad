#pragma once

#include "autograd/threads.hpp"

namespace tapestry::test {

/// Restores the library's number of threads at the end of the block.
class KeepThreads {
 public:
  KeepThreads() = default;
  ~KeepThreads() { set_threads(before_); }
  KeepThreads(const KeepThreads&) = delete;
  KeepThreads& operator=(const KeepThreads&) = delete;

 private:
  const int before_ = threads();
};

}  // namespace tapestry::test
