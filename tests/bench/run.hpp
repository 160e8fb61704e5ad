#pragma once

#include <nlohmann/json.hpp>

#include "job.hpp"
#include "measure.hpp"

namespace tapestry::bench {

/// The whole of examples/mnist_vae beside the same program in PyTorch and in JAX, in turn, each from its
/// command to its finished files: wall time, processor time, memory, the first step. The floor of all steps,
/// measured in the same rounds for `effort.seconds`, stands below. What fails is named and left out.
nlohmann::json bench_run(const JobSettings& settings, const std::vector<int>& threads,
                         const Effort& effort);

}  // namespace tapestry::bench
