#pragma once

#include <vector>

#include "autograd/gradcheck/gradcheck.hpp"

namespace tapestry::checking {

/// check_op for some of the operands; the others are constants to the tape, as they may be in a
/// computation.
GradReport check_operands(const OpInfo& op, const TestInput& at, const std::vector<bool>& wanted,
                          const GradCheckOptions& options);

}  // namespace tapestry::checking
