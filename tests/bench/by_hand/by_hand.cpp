#include "by_hand/by_hand.hpp"

namespace tapestry::bench {

std::unique_ptr<TrainingStep> make_by_hand(const Case& c, const State& state) {
  const bool conv = c.model.kind == vae::VaeConfig::Kind::conv;
  return conv ? make_conv_by_hand(c, state) : make_mlp_by_hand(c, state);
}

}  // namespace tapestry::bench
