#pragma once

#include "autograd/tensor.hpp"

namespace tapestry::test {

/// False where every request goes to malloc (TAPESTRY_POOL=off, ASan): nothing to count there.
inline bool pool_is_on() {
  zeros({8});
  const auto before = pool_stats().fresh;
  zeros({8});
  return pool_stats().fresh == before;
}

}  // namespace tapestry::test
