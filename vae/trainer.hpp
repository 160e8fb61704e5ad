#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "nn/data/dataset.hpp"
#include "nn/optim/optimizer.hpp"
#include "nn/optim/schedule.hpp"
#include "vae/metrics.hpp"
#include "vae/metrics_log.hpp"

namespace tapestry::vae {

struct TrainerOptions {
  int epochs = 10;
  std::int64_t batch = 128;
  nn::Binarize binarize = nn::Binarize::dynamic;
  ElboOptions elbo = {};
  int kl_warmup = 0;           ///< epochs over which the weight of the KL grows from 0 to elbo.beta
  nn::Schedule schedule = {};  ///< learning rate by step; empty = the optimizer's own
  double clip = 0;             ///< largest gradient norm; 0 = no clipping
  int patience = 0;  ///< stop after this many epochs without a better test bound; 0 = never
  std::uint64_t seed = 1;
  /// An existing folder for metrics, checkpoint and model; empty = none.
  std::filesystem::path out = {};
};

/// One epoch's numbers, in nats per image.
struct EpochReport {
  int epoch = 0;              ///< from 1
  double train_neg_elbo = 0;  ///< mean over the epoch's minibatches, as the parameters changed
  ElboMeans test;
  double seconds = 0;  ///< training, data included
  double images_per_second = 0;
};

/// What a front end shows while an epoch runs.
struct StepReport {
  int epoch = 0;
  std::int64_t step = 0, steps = 0;  ///< of this epoch, from 1
  double train_neg_elbo = 0;         ///< mean so far
  double images_per_second = 0;
  double seconds_left = 0;  ///< to the end of the last epoch's training, at this epoch's speed
};

/// Trains a Vae and keeps the run on disk:
///
///     metrics.jsonl           one object per epoch
///     checkpoint.safetensors  everything that the next step depends on; replaced after each epoch and
///                             when the run is interrupted
///     model.safetensors       the parameters at the end (with patience: of the best epoch)
///
/// A run is a pure function of its options: stopped anywhere, even by SIGKILL, and resumed from its
/// checkpoint, it ends with the same bytes in model.safetensors, on the same machine and thread count.
class Trainer {
 public:
  /// Everything must outlive the trainer.
  Trainer(Vae& model, const nn::ImageDataset& data, nn::Optimizer& optimizer,
          TrainerOptions options);

  enum class Outcome { finished, stopped_early, interrupted };
  Outcome run();

  /// Called after each step (cheap, perhaps nothing) and after each epoch.
  std::function<void(const StepReport&)> on_step;
  std::function<void(const EpochReport&)> on_epoch;

  /// Takes back the checkpoint in `out` and cuts metrics.jsonl to it. False if there is none. Throws
  /// DataError for a file that is damaged or belongs to another model.
  bool resume();
  /// Asks `run` to save and return after the step at work; safe in a signal handler.
  static void interrupt() { interrupted_ = true; }

  const std::vector<EpochReport>& history() const { return history_; }
  int best_epoch() const { return best_epoch_; }

 private:
  void train_epoch();
  void step(const Tensor& x);
  void finish_epoch();
  StepReport progress() const;
  void save_checkpoint() const;
  void save_model() const;

  static inline std::atomic<bool> interrupted_ = false;

  Vae& model_;
  const nn::ImageDataset& data_;
  nn::Optimizer& optimizer_;
  const TrainerOptions options_;
  const Rng rng_;
  Rng latent_rng_;
  nn::Batcher batches_;
  MetricsLog log_;

  // With the parameters, the optimizer's state and the two random positions, this is the whole state.
  int epoch_ = 0;           ///< epochs finished
  std::int64_t steps_ = 0;  ///< steps taken in all
  ElboMeans train_;         ///< of the epoch at work
  double seconds_ = 0;      ///< spent on the epoch at work
  std::vector<EpochReport> history_;
  int best_epoch_ = 0;
};

}  // namespace tapestry::vae
