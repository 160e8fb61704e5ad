#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/data/batcher.hpp"
#include "nn/safetensors.hpp"
#include "vae/training/trainer.hpp"

namespace tapestry::vae {

/// What a checkpoint knows of a run beside its tensors.
struct TrainerState {
  int epoch = 0;                  ///< epochs finished
  nn::Batcher::State batches;     ///< place in the data
  std::uint64_t latent_draw = 0;  ///< draws of latents taken
  Means train;                    ///< sums of the epoch at work
  double seconds = 0;             ///< spent on the epoch at work
  std::vector<EpochReport> history;
  int best_epoch = 0;               ///< the first with the best score; 0 before the first
  std::uint64_t metrics_bytes = 0;  ///< size of metrics.jsonl
  std::uint64_t data = 0;           ///< fingerprint of the data; 0 = not known
};

/// The less, the better an epoch.
using Score = std::function<double(const EpochReport&)>;

/// The first epoch with the least score, where NaN is worse than any number; 0 without an epoch.
int best_epoch(const std::vector<EpochReport>& history, const Score& score);

/// As one line of JSON.
std::string to_json(const EpochReport& report);

/// The state as metadata of a safetensors file, with a checksum.
nn::Metadata to_metadata(const TrainerState& state);

/// The state that `metadata` holds, believed only if a trainer over these batches can have been in
/// it: the checksum fits, every number is one that can be, and the numbers agree with one another.
/// Throws DataError.
TrainerState read_state(const nn::Metadata& metadata, const nn::Batcher& batches,
                        std::int64_t batch, const Score& score);

}  // namespace tapestry::vae
