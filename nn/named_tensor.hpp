#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry::nn {

/// One entry of a checkpoint.
struct NamedTensor {
  std::string name;
  Tensor value;
};
using NamedTensors = std::vector<NamedTensor>;

/// The values of a tensor as they lie in memory; valid as long as it is.
std::string_view bytes_of(const Tensor& t);

/// Appends `part` to `all`, with the prefix in front of each name.
void add_prefixed(NamedTensors& all, const std::string& prefix, const NamedTensors& part);
/// The tensors whose names begin with the prefix, which is removed.
NamedTensors take_prefixed(const NamedTensors& all, const std::string& prefix);

}  // namespace tapestry::nn
