#pragma once

#include <string>

#include "concepts/discrete/belief_net.hpp"
#include "nn/init.hpp"
#include "support/concept/images.hpp"
#include "support/concept/train.hpp"

// The training of a belief net of two layers by any objective.

namespace concepts {

using namespace tapestry;

inline std::vector<std::int64_t> two_layers_of_bits(const support::Concept& c) {
  return c.quick() ? std::vector<std::int64_t>{784, 40, 20}
                   : std::vector<std::int64_t>{784, 200, 100};
}

/// Trains `module`, which is `net` or has it, from random parameters: five epochs, and a rate from 2e-3 down to 0. The record
/// gets the bound of the test images by epoch, as the curve NAME, and the number "NAME, L_500" of some of them.
inline void train_bits(const support::Concept& c, const std::string& name, nn::Module& module,
                       BeliefNet& net, const vae::Play& play, const nn::ImageDataset& data,
                       std::int64_t batch, support::Record& r) {
  nn::init::torch_default(module, c.rng("net"));
  const auto note = [&](const vae::EpochReport& e) {
    r.add(name, e.epoch, e.test.bound);
    c.keep(r, fmt::format("{}, epoch {}: bound {:.2f}", name, e.epoch, e.test.bound));
  };
  support::train(module, play, data, {c.choose(5, 3), batch, 2e-3, c.seed()}, note);
  const auto log_weights = [&](const nn::Batch& b, Rng& rng, int draws) {
    return net.log_weights(b.images, rng, draws);
  };
  r.numbers[name + ", L_500"] =
      vae::evaluate_log_px(net, log_weights, data, nn::Part::test, c.choose(500, 60), c.rng("test"),
                           c.choose(500, 50))
          .log_px;
}

}  // namespace concepts
