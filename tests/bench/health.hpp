#pragma once

#include <nlohmann/json.hpp>

#include "case.hpp"
#include "measure.hpp"
#include "trained.hpp"

namespace tapestry::bench {

/// What each level of Health costs in a training step: the same step under `off`, `loss`, `nodes` and
/// `collect`, in turn, on every case and number of threads. Prints the table, returns the rounds.
nlohmann::json bench_health(const std::vector<Case>& cases, const std::vector<int>& threads,
                            const Start& start, const Effort& effort);

}  // namespace tapestry::bench
