#pragma once

#include <cstdint>

#include "nn/data/dataset.hpp"
#include "vae/bounds/means.hpp"
#include "vae/training/player.hpp"

// Numbers of a model on a part of a data set, in nats per image, under NoGrad and in eval mode. z is always
// sampled, never replaced by the mean of q: with the mean, the number is not a bound
// (pytorch/examples#419).

namespace tapestry::vae {

/// The objective over all rows: large batches, one z per row. The same streams give the same numbers for any
/// batch size of the training. `batch.step` is 0 throughout: an objective whose weights change with the steps of a run
/// asks `Module::training()` whether it is evaluated.
Means evaluate(nn::Module& model, const Play& play, const nn::Dataset& data, nn::Part part,
               const Rng& rng);
/// The bound of a model on the test part.
template <LatentModel M>
Means evaluate(M& model, const nn::Dataset& data, const Rng& rng, nn::Part part = nn::Part::test) {
  return evaluate(model, bound_of(model), data, part, rng);
}
inline Means evaluate(const AnyVae& model, const nn::Dataset& data, const Rng& rng,
                      nn::Part part = nn::Part::test) {
  return evaluate(*model.module, bound_of(model), data, part, rng);
}

/// How many latents move with x (analysis/active_units.hpp), over the first 2,000 rows of a part at most; -1 for fewer
/// than two rows. `code` gives the means of q(z|x), [B, Z].
std::int64_t evaluate_active_units(nn::Module& model,
                                   const std::function<Tensor(const nn::Batch&)>& code,
                                   const nn::Dataset& data, nn::Part part, const Rng& rng);
/// The perplexity of a codebook (analysis/codebook_usage.hpp) over these rows; 0 without a row. `codes` gives the
/// numbers of the codes, i32 [B, P].
double evaluate_perplexity(nn::Module& model, const std::function<Tensor(const nn::Batch&)>& codes,
                           const nn::Dataset& data, nn::Part part, const Rng& rng);

using LogWeights = std::function<Tensor(const nn::Batch&, Rng&, int samples)>;
/// Importance-sampled log p(x) of each of the first rows of a part, with the rest of LogPx: f64 [rows].
/// ConfigError for fewer than one sample or row.
LogPx log_px_of_rows(nn::Module& model, const LogWeights& log_weights_of, const nn::Dataset& data,
                     nn::Part part, std::int64_t count, const Rng& rng, int samples);

/// The same as one number.
struct LogPxReport {
  double log_px = 0;  ///< mean over rows
  double se = 0;      ///< standard error of that mean, over rows; 0 for a single row
  double ess = 0;     ///< mean effective sample size, of `samples`
  int samples = 0;
  std::int64_t images = 0;
};
LogPxReport evaluate_log_px(nn::Module& model, const LogWeights& log_weights_of,
                            const nn::Dataset& data, nn::Part part, std::int64_t count,
                            const Rng& rng, int samples);
template <LatentModel M>
LogPxReport evaluate_log_px(M& model, const nn::Dataset& data, std::int64_t count, const Rng& rng,
                            int samples) {
  const auto weights = [&](const nn::Batch& batch, Rng& noise, int k) {
    return log_weights(model, batch.images, noise, k);
  };
  return evaluate_log_px(model, weights, data, nn::Part::test, count, rng, samples);
}

}  // namespace tapestry::vae
