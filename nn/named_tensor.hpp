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

/// Adds them with the prefix in front of each name.
void add_prefixed(NamedTensors& all, const std::string& prefix, const NamedTensors& part);
/// Those whose names begin with the prefix, without it.
NamedTensors take_prefixed(const NamedTensors& all, const std::string& prefix);

}  // namespace tapestry::nn
