#pragma once

#include <vector>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/module.hpp"

namespace support {

/// The gradients of all parameters of a module in one row, as sweeps of a tape left them; 0 for a parameter without one.
inline tapestry::Tensor gradient_row(const tapestry::nn::Module& module) {
  std::vector<tapestry::Tensor> all;
  for (const tapestry::Parameter* p : module.parameters())
    all.push_back(reshape(p->grad().defined() ? p->grad() : zeros_like(p->value()), {-1}));
  return concat(all, 0);
}

/// The gradient of the scalar `value()` in all parameters of a module, in one row.
template <class Value>
tapestry::Tensor gradient_row(tapestry::nn::Module& module, Value&& value) {
  module.zero_grad();
  tapestry::Tape tape;
  tape.backward(value());
  return gradient_row(module);
}

}  // namespace support
