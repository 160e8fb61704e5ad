#pragma once

#include <nlohmann/json.hpp>

#include "measure.hpp"

namespace tapestry::bench {

/// What a node costs: nanoseconds forward and backward on scalars and on tensors of 1 KiB, calls of
/// malloc in a steady step, bytes the tape holds, sizeof(Node). Prints the table, returns the numbers.
nlohmann::json bench_tape(const Effort& effort);

}  // namespace tapestry::bench
