#pragma once

#include <cstdint>

namespace tapestry {

/// How closely a thread looks for values that are not finite.
enum class Health : std::uint8_t {
  off,      ///< not at all
  loss,     ///< the default: a loss and updated parameters must be finite
  nodes,    ///< every value and gradient is looked at, and the first that is not finite throws
  collect,  ///< every value and gradient, but what is found is only listed
};

/// The level of this thread. debug::HealthScope sets it; here only `off` makes a difference.
Health health();
void set_health(Health level);

}  // namespace tapestry
