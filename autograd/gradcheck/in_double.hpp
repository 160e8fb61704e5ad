#pragma once

#include <span>
#include <vector>

#include "autograd/parameter.hpp"

namespace tapestry::checking {

/// Parameters, and the default dtype, in f64 until the end of the block; then values and gradients
/// are exactly what they were.
class InDouble {
 public:
  explicit InDouble(std::span<Parameter* const> parameters);
  ~InDouble();
  InDouble(const InDouble&) = delete;
  InDouble& operator=(const InDouble&) = delete;

 private:
  struct Before {
    Tensor value, grad;
  };
  std::span<Parameter* const> parameters_;
  DTypeScope scope_;
  std::vector<Before> before_;
};

}  // namespace tapestry::checking
