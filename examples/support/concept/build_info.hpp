#pragma once

#include <nlohmann/json.hpp>

namespace support {

/// Machine and build, for results that are kept: {"cpu", "cores", "blas", "compiler", "commit"}. The
/// commit is that of the source tree, "unknown" outside a clone.
nlohmann::ordered_json build_info();

}  // namespace support
