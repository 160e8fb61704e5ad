#pragma once

#include <nlohmann/json.hpp>

#include "measure.hpp"

namespace tapestry::bench {

/// Every kernel that a training step runs, on arrays of a training step's size: bandwidth beside a copy's,
/// flop rate beside a large matrix product's, each reference measured in the same rounds. Bytes and flops
/// are the least that the operation needs, so a share below 1 shows waste. Prints the table.
nlohmann::json bench_ops(const std::vector<int>& threads, const Effort& effort);

}  // namespace tapestry::bench
