#pragma once

#include <nlohmann/json.hpp>

#include "case.hpp"
#include "measure.hpp"
#include "trained.hpp"

namespace tapestry::bench {

/// Floor, by hand and Tapestry on every case and number of threads: prints the table, returns the rounds.
nlohmann::json bench_steps(const std::vector<Case>& cases, const std::vector<int>& threads,
                           const Start& start, const Effort& effort);

}  // namespace tapestry::bench
