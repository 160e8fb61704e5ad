#pragma once

#include <nlohmann/json.hpp>

#include "case.hpp"
#include "measure.hpp"
#include "trained.hpp"

namespace tapestry::bench {

/// Tapestry, its floor and the peers of tests/bench/peers on every case, in turn, for one number of threads
/// after the other. `python` is an interpreter that has the peers installed; a peer that does not start is
/// named and left out. Prints a table for each number of threads and one of each contestant's best.
nlohmann::json bench_compare(const std::vector<Case>& cases, const std::vector<int>& threads,
                             const Start& start, const Effort& effort, const std::string& python);

}  // namespace tapestry::bench
