#pragma once

#include <functional>
#include <vector>

#include "autograd/parameter.hpp"
#include "autograd/tensor.hpp"

namespace support {

struct Ascent {
  int steps;
  double rate = 0.05;    ///< of Adam, at the first step
  double shrink = 1e-3;  ///< rate at the end / at the start, so that the maximum is reached
  double beta2 = 0.999;
};

/// Maximises `objective`, a scalar that is built anew for every step, by Adam; `visit` is called
/// with the number of each step before it is taken.
void ascend(const std::vector<tapestry::Parameter*>& parameters,
            const std::function<tapestry::Tensor()>& objective, const Ascent& how,
            const std::function<void(int)>& visit = {});

}  // namespace support
