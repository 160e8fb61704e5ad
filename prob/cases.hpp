#pragma once

#include <vector>

#include "autograd/tensor.hpp"

namespace tapestry::prob {

/// A test case of a distribution: the arguments with which the generic tests construct it through
/// its `from`, and the expected result. Every distribution has `cases()` in its own .cpp.
struct Case {
  std::vector<Tensor> arguments;  ///< f64, in the order of D::kArguments
  Tensor value = {};              ///< where log_prob is checked
  Tensor log_prob = {};           ///< the reference: the textbook formula with numbers put in
  const char* refused = nullptr;  ///< or: the argument that the constructor must refuse by name
};

}  // namespace tapestry::prob
