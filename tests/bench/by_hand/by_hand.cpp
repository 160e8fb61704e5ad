#include "by_hand/by_hand.hpp"

namespace tapestry::bench {

std::unique_ptr<TrainingStep> make_by_hand(const Case& c) {
  return c.model.kind == vae::VaeConfig::Kind::conv ? make_conv_by_hand(c) : make_mlp_by_hand(c);
}

}  // namespace tapestry::bench
