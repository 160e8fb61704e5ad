#pragma once

#include <nlohmann/json.hpp>

#include "case.hpp"
#include "measure.hpp"
#include "trained.hpp"

namespace tapestry::bench {

/// Tapestry, PyTorch eager and JAX on every case and number of threads: on the quiet machine and beside so
/// many processes that compute. Each round measures all of that, so a slow-down is the median of the ratios
/// within a round, of each contestant against its own quiet time. Prints the table.
nlohmann::json bench_busy(const std::vector<Case>& cases, const std::vector<int>& threads,
                          const std::vector<int>& competitors, const Start& start,
                          const Effort& effort, const std::string& python);

}  // namespace tapestry::bench
