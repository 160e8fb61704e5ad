#pragma once

#include <cstdint>

namespace tapestry {

/// How thoroughly a thread checks for values that are not finite.
enum class Health : std::uint8_t {
  off,      ///< not at all
  loss,     ///< the default: a loss and updated parameters must be finite
  nodes,    ///< every value and gradient is checked; the first that is not finite throws
  collect,  ///< the same checks, but what they find is only listed
};

/// The hint of an error about a number that is not finite, where its origin was not looked for.
inline constexpr const char* kBirthHint =
    "to see where it was born, link tapestry::debug and run with TAPESTRY_DEBUG=nan, or put "
    "debug::HealthScope scope(Health::nodes) of autograd/debug/health_scope.hpp around it";

/// The level of this thread. debug::HealthScope sets it; here only `off` makes a difference.
Health health();
void set_health(Health level);

}  // namespace tapestry
