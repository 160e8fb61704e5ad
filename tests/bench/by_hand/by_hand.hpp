#pragma once

#include "contestant.hpp"

namespace tapestry::bench {

std::unique_ptr<TrainingStep> make_mlp_by_hand(const Case& c, const State& state);
/// The ELBO with relu, the only one there is a case of; NotImplemented for others.
std::unique_ptr<TrainingStep> make_conv_by_hand(const Case& c, const State& state);

}  // namespace tapestry::bench
