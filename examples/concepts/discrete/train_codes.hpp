#pragma once

#include <optional>

#include "concepts/discrete/code_measures.hpp"
#include "nn/init.hpp"
#include "support/concept/train_images.hpp"

// The two stages of VQ-VAE-2.

namespace concepts {

/// Stage 1: trains the codes. Returns those of all images as they are after `stored` epochs.
inline nn::TensorDataset train_codes(const support::Concept& c, TwoLevelVq& vq,
                                     const nn::ImageDataset& data, int epochs, int stored,
                                     support::Record& r) {
  const std::int64_t batch = c.choose(100, 20), steps = epochs * data.train.count / batch;
  const auto play = [&](const nn::Batch& b, Rng& rng) {
    if (vq.training() && b.step % 20 == 0 && 4 * b.step < 3 * steps) vq.restart(b.images, rng);
    return vq.objective(b.images);
  };
  std::optional<nn::TensorDataset> codes;
  const auto store = [&](const vae::EpochReport& e) {
    if (e.epoch != stored) return;
    codes.emplace(codes_of(vq, data, nn::Part::train), codes_of(vq, data, nn::Part::test));
  };
  support::train_images(
      c, "codes", vq, play, data,
      {.epochs = epochs, .batch = batch, .lr = c.choose(2e-3, 5e-3), .on_epoch = store}, r);
  return *codes;
}

/// What a prior is told of the level above it when it is tested.
using Told = Tensor (*)(const Tensor& above);
inline Tensor as_trained(const Tensor& above) { return above; }

/// Stage 2: learns log p(codes) of one level, "top", "bottom, given top" or "bottom alone".
inline std::unique_ptr<CodePrior> train_prior(const support::Concept& c, TwoLevelVq& vq,
                                              const nn::TensorDataset& codes,
                                              const std::string& name, nn::Center first, Told told,
                                              support::Record& r) {
  const bool top = name == "top", given = name == "bottom, given top";
  auto prior = std::make_unique<CodePrior>(
      CodePriorSizes{.map = vq.sizes.side / (top ? 4 : 2),
                     .codes = top ? vq.sizes.top_codes : vq.sizes.bottom_codes,
                     .channels = c.choose(24, 8),
                     .given = given ? vq.sizes.code_width : 0,
                     .first = first});
  const auto play = [&, given, top](const nn::Batch& b, Rng&) -> vae::Objective {
    const Codes k = as_codes(b);
    Tensor above;
    if (given) above = vq.above(k.top).detach();
    if (given && !prior->training()) above = told(above);
    const Tensor log_p = prior->log_prob(top ? k.top : k.bottom, above);
    return {.value = log_p, .bound = log_p};
  };
  support::train_images(
      c, name, *prior, play, codes,
      {.epochs = c.choose(6, 5), .batch = c.choose(100, 20), .lr = c.choose(3e-3, 1e-2)}, r);
  return prior;
}

}  // namespace concepts
