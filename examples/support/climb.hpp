#pragma once

#include <functional>
#include <vector>

#include "nn/optim/optimizer.hpp"

namespace support {

/// One step of the optimizer on the gradient of `loss()`, a scalar.
void descend(tapestry::nn::Optimizer& optimizer, const std::function<tapestry::Tensor()>& loss);

struct Climb {
  int steps;
  double rate = 0.05;    ///< of Adam, at the first step
  double shrink = 1e-3;  ///< rate at the end / at first: the top is met, not circled
  double beta2 = 0.999;
};

/// Adam up the hill of `objective`, a scalar that is built anew for every step; `visit` sees the
/// number of each step before it is taken.
void climb(const std::vector<tapestry::Parameter*>& parameters,
           const std::function<tapestry::Tensor()>& objective, const Climb& how,
           const std::function<void(int)>& visit = {});

}  // namespace support
