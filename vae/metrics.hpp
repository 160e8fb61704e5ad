#pragma once

#include <cstdint>

#include "nn/data/batcher.hpp"
#include "vae/model.hpp"

// Numbers of a model on a data set, in nats per image. z is always sampled, never replaced by the mean
// of q: with the mean, the number is not a bound (pytorch/examples#419).

namespace tapestry::vae {

/// The test bound over all `images`: large batches, one z per image. The same streams give the same
/// numbers for any batch size of the training.
ElboMeans evaluate(Vae& model, const nn::ByteImages& images, nn::Binarize rule, const Rng& rng);

/// Importance-sampled log p(x) over the first images of a set.
struct LogPxReport {
  double log_px = 0;  ///< mean over images
  double se = 0;      ///< standard error of that mean, over images
  double ess = 0;     ///< mean effective sample size, of `samples`
  int samples = 0;
  std::int64_t images = 0;
};
LogPxReport evaluate_log_px(Vae& model, const nn::ByteImages& images, std::int64_t count,
                            nn::Binarize rule, const Rng& rng, int samples);

}  // namespace tapestry::vae
