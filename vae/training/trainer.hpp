#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "nn/data/batcher.hpp"
#include "nn/folder_lock.hpp"
#include "vae/training/metrics.hpp"
#include "vae/training/metrics_log.hpp"
#include "vae/training/player.hpp"
#include "vae/training/team.hpp"

namespace tapestry::vae {

struct TrainerOptions {
  int epochs = 10;
  std::int64_t batch = 128;
  double clip = 0;   ///< largest gradient norm of a player; 0 = no clipping
  int patience = 0;  ///< stop after this many epochs without a better score; 0 = never
  /// Of the first player's means over the test rows, the less the better; empty = -bound. A system without
  /// a bound names here what stands for it.
  std::function<double(const Means&)> score = {};
  std::uint64_t seed = 1;
  /// An existing folder for metrics, checkpoint and model; empty = none.
  std::filesystem::path out = {};
  /// The processes that train together, of which one writes; null = this one alone. Must outlive the trainer.
  Team* team = nullptr;
};

/// One epoch's numbers, in nats per image.
struct EpochReport {
  int epoch = 0;  ///< from 1
  Means train;  ///< over the epoch's minibatches, as the parameters changed; each further player's
                ///< objective is a part with its name
  Means test = {};  ///< of the first player; without images if the data have no test part
  std::int64_t active_units = -1;  ///< latents in use on the test rows; -1: not counted
  double perplexity = 0;           ///< of a codebook on the test rows; 0: there is none
  double seconds = 0;              ///< training, data included
  double images_per_second = 0;
};

/// What a front end shows while an epoch runs.
struct StepReport {
  int epoch = 0;
  std::int64_t step = 0, steps = 0;  ///< of this epoch, from 1
  const Means& train;                ///< so far
  double images_per_second = 0;
  double seconds_left = 0;  ///< to the end of the last epoch's training, at this epoch's speed
};

/// Trains one player or several, and keeps the run on disk. In each step every player in turn gets a minibatch:
/// its own gradients are set to zero, its objective is recorded and swept, and its own optimizer makes a
/// step. What a player's sweep leaves in the parameters of another is gone before the other's turn.
///
///     nn::Adam adam(model.parameters());
///     vae::Trainer trainer({vae::vae_player(model, adam)}, data, {.epochs = 10, .out = "run"});
///     trainer.run();
///
///     metrics.jsonl           one object per epoch
///     checkpoint.safetensors  everything that the next step depends on; replaced after each epoch and
///                             when the run is interrupted
///     model.safetensors       the first player's parameters at the end (with patience: of the best epoch)
///     best.safetensors        without patience: those of the epoch with the best score so far
///
/// A run is a pure function of its options: stopped anywhere, even by SIGKILL, and resumed from its
/// checkpoint, it ends with the same bytes in model.safetensors, on the same machine and thread count.
class Trainer {
 public:
  /// Everything must outlive the trainer. Holds `out` as long as it lives: ConfigError while another
  /// trainer, of this process or another, does; also for no player, or two of one name.
  Trainer(std::vector<Player> players, const nn::Dataset& data, TrainerOptions options);

  enum class Outcome { finished, stopped_early, interrupted };
  Outcome run();

  /// Called after each step (cheap, perhaps nothing) and after each epoch.
  std::function<void(const StepReport&)> on_step;
  std::function<void(const EpochReport&)> on_epoch;

  /// Takes back the checkpoint in `out` and cuts metrics.jsonl to it. False if there is none. Throws
  /// DataError, and changes nothing but perhaps the parameters, for a file that is damaged, belongs to
  /// another model or other data, or holds a state that no run can have been in.
  bool resume();
  /// Asks `run` to save and return after the step at work; safe in a signal handler.
  static void interrupt() { interrupted_ = true; }

  const std::vector<EpochReport>& history() const { return history_; }
  int best_epoch() const { return best_epoch_; }
  /// The epoch at work, from 1, and its steps so far.
  int epoch() const { return epoch_ + 1; }
  std::int64_t step_of_epoch() const;

 private:
  bool train_epoch();  ///< false: interrupted
  void step(const nn::Batch& batch);
  Objective turn(const Player& player, const nn::Batch& batch);
  bool writes() const {
    return !options_.out.empty() && (!options_.team || options_.team->writes());
  }
  bool stopped() const {
    return options_.team ? options_.team->any(interrupted_) : interrupted_.load();
  }
  void finish_epoch();
  StepReport progress() const;
  double score(const EpochReport& report) const;
  std::string prefix(const Player& player) const;
  void save_checkpoint() const;
  void save_model(const char* name) const;

  static inline std::atomic<bool> interrupted_ = false;

  const std::vector<Player> players_;
  const nn::Dataset& data_;
  const TrainerOptions options_;
  const Rng rng_;
  Rng latent_rng_;
  nn::Batcher batches_;
  const nn::FolderLock lock_;
  const std::uint64_t data_fingerprint_;
  MetricsLog log_;

  // With the parameters, the optimizers' state and the two random positions, this is the whole state.
  int epoch_ = 0;       ///< epochs finished
  Means train_;         ///< of the epoch at work
  double seconds_ = 0;  ///< spent on the epoch at work
  std::vector<EpochReport> history_;
  int best_epoch_ = 0;
};

}  // namespace tapestry::vae
