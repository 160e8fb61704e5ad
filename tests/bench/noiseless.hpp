#pragma once

#include <array>

#include "state.hpp"

namespace tapestry::bench {

/// Losses that any library finds from the same state, whatever its random numbers are: of a step with
/// z = loc on the first minibatch, and of one after it on the second. The second agrees only where the
/// first one's update did, so where Adam's moments are the same too. Nats per image.
std::array<double, 2> noiseless_losses(const Case& c, const State& state);

}  // namespace tapestry::bench
