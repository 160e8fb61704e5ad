#pragma once

#include <span>

#include "autograd/op.hpp"

// One table per file of this folder. Explicit lists, because a linker drops self-registering
// objects from static libraries; a test compares them with the declarations in ops.hpp.

namespace tapestry {

using OpFamily = std::span<const OpInfo* const>;

OpFamily elementwise_ops();
OpFamily activation_ops();
OpFamily binary_ops();
OpFamily reduce_ops();
OpFamily shape_ops();
OpFamily indexing_ops();
OpFamily matmul_ops();
OpFamily linalg_ops();
OpFamily linear_ops();
OpFamily likelihood_ops();
OpFamily conv_ops();
OpFamily pool_ops();
OpFamily norm_ops();

}  // namespace tapestry
