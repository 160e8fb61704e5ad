#pragma once

#include <string>
#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry::nn {

/// What checkpoints are made of.
struct NamedTensor {
  std::string name;
  Tensor value;
};
using NamedTensors = std::vector<NamedTensor>;

}  // namespace tapestry::nn
