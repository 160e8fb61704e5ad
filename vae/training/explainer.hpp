#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nn/data/image_dataset.hpp"
#include "vae/models/likelihood.hpp"
#include "vae/training/diagnosis.hpp"

namespace tapestry::vae {

/// What the images are like for a decoder of this kind.
DataFacts data_facts(const nn::ImageDataset& data, DecoderKind decoder);

/// How far the mean picture of p(x|z) moves over draws of z from N(0, I): the standard deviation of a pixel, root mean
/// square over all. NaN if the model has no such picture. Not recorded.
double decoder_reach(const AnyVae& model, std::int64_t latent, Rng rng);

/// A few steps more at three rates, from the player's present state; model and optimizer are then as before. `step` is
/// that of the run, for schedules. `batch` as in training.
RateProbe probe_rate(const Player& player, const nn::Dataset& data, std::int64_t batch,
                     std::int64_t step, const Rng& rng, int steps = 60);

/// Measures a run as it goes, and explains it at its end. The training itself is not touched: a run ends with the same
/// bytes with an explainer and without.
///
///     vae::Explainer explainer(any, data, {.out = "run"});
///     explainer.follow(trainer);
///     trainer.run();
///     for (const vae::Finding& f : explainer.findings(trainer, player, batch)) fmt::print("{}\n", f.name);
class Explainer {
 public:
  struct Options {
    DecoderKind decoder = DecoderKind::bernoulli;
    std::int64_t latent = 0;  ///< size of z that `AnyVae::picture` takes; 0: not known
    std::uint64_t seed = 1;
    std::filesystem::path out = {};  ///< gets explain.jsonl, a line an epoch; empty = none
    bool print = false;              ///< a line below the epoch's row of the table
  };
  /// Model and data must outlive it.
  Explainer(const AnyVae& model, const nn::ImageDataset& data, Options options);

  /// Registers with the trainer, after its other listeners; to be called once the trainer is resumed.
  void follow(Trainer& trainer);

  /// The numbers of the present model; `epoch` is a label.
  EpochNumbers numbers(int epoch) const;

  std::vector<Finding> findings(const Trainer& trainer, const Player& player,
                                std::int64_t batch) const;

 private:
  const AnyVae& model_;
  const nn::ImageDataset& data_;
  Options options_;
  std::optional<EpochNumbers> last_;
};

/// "12 of 20 active, I(x;z) 6.1 of at most 7.6 nats, gradient 1.2: encoder 31 %, decoder 69 %"
std::string in_words(const EpochNumbers& numbers);

}  // namespace tapestry::vae
