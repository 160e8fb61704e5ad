#pragma once

#include <functional>

#include "nn/data/dataset.hpp"
#include "nn/module.hpp"
#include "vae/training/trainer.hpp"

namespace support {

/// How long a network learns, and how fast.
struct Training {
  int epochs = 10;
  std::int64_t batch = 100;
  double rate = 1e-3;      ///< of Adam, at first
  std::uint64_t seed = 1;  ///< of the order of the rows, and of the noise
  double falls_to = 0;     ///< the part of `rate` that is left at the end of half a cosine
};
constexpr double kConstantRate = 1;  ///< as Training::falls_to

/// Trains `model` by `play` from the parameters that it has. Returns the means over the test rows after the last epoch.
tapestry::vae::Means train(
    tapestry::nn::Module& model, const tapestry::vae::Play& play, const tapestry::nn::Dataset& data,
    const Training& how,
    const std::function<void(const tapestry::vae::EpochReport&)>& on_epoch = {});

}  // namespace support
