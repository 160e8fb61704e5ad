#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tapestry::bench {

/// Machine and build, and what the machine does at most on each of these numbers of threads, measured now:
/// {"cpu", "cores", "blas", "compiler", "commit", "openblas_core", "instruction_set",
/// "peaks": [{"threads", "multiply_add_gflops", "openblas_gflops", "copy_gb_per_second"}]}.
nlohmann::ordered_json measure_header(const std::vector<int>& threads);

/// The same as lines of text, with the doubts as notes below.
std::string header_text(const nlohmann::ordered_json& header,
                        const std::vector<std::string>& doubts);

/// Settings of the environment under which numbers say little about this processor, each with what it
/// does. `value_of` is getenv, or a test's own.
std::vector<std::string> doubtful_settings(
    const std::function<const char*(const char* name)>& value_of);

}  // namespace tapestry::bench
