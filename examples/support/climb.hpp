#pragma once

#include <functional>
#include <vector>

#include "autograd/parameter.hpp"

namespace support {

struct Climb {
  int steps;
  double rate = 0.05;  ///< of Adam, at the first step
  double shrink =
      1e-3;  ///< the rate at the end is this times the first: the top is met, not circled
  double beta2 = 0.999;
};

/// Adam up the hill of `objective`, a scalar that is built anew for every step; `visit` sees the
/// number of each step before it is taken.
void climb(const std::vector<tapestry::Parameter*>& parameters,
           const std::function<tapestry::Tensor()>& objective, const Climb& how,
           const std::function<void(int)>& visit = {});

}  // namespace support
