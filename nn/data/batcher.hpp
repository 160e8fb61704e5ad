#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <vector>

#include "nn/data/dataset.hpp"
#include "nn/data/pixels.hpp"

namespace tapestry::nn {

struct BatcherOptions {
  std::int64_t batch = 128;
  Binarize binarize = Binarize::none;  ///< of ByteImages; a Dataset has a rule of its own
  bool shuffle = true;                 ///< a new order each epoch; false: the order of the data
  bool drop_last = false;              ///< leave out the last batch of an epoch when it is not full
  Part part = Part::train;             ///< of a Dataset
};

/// Cuts data into minibatches, epoch after epoch.
///
///     Batcher batches(data, rng.stream("batches"), {.batch = 128});
///     for (int epoch = 0; epoch < 10; ++epoch) {
///       for (const Batch& batch : batches.epoch()) step(batch.images, batch.labels);
///     }
///
/// Order and binarisation of an epoch are a pure function of the random stream and the epoch's
/// number, so two integers are the whole state: a batcher made in the same way and given the
/// `State` of another continues with the same bytes.
class Batcher {
 public:
  /// The data must outlive the batcher. Throws ConfigError for a batch below 1, no rows, or fewer
  /// rows than a batch when incomplete batches are dropped.
  Batcher(const Dataset& data, const Rng& rng, const BatcherOptions& options);
  Batcher(Dataset&&, const Rng&, const BatcherOptions&) = delete;
  /// Images without labels.
  Batcher(const ByteImages& images, const Rng& rng, const BatcherOptions& options);
  Batcher(ByteImages&&, const Rng&, const BatcherOptions&) = delete;

  class Epoch;
  /// The minibatches that the current epoch still has, for a loop; at its end the next epoch begins.
  /// After a `break`, the next `epoch()` continues there.
  [[nodiscard]] Epoch epoch();

  /// The next minibatch, of the next epoch if this one is over: for loops that count steps.
  [[nodiscard]] Batch next();
  /// The same step by step: fills `batch` and returns true; returns false, leaving `batch` alone,
  /// at the end of an epoch. The call after that begins the next epoch.
  bool next(Batch& batch);

  struct State {
    std::int64_t epoch = 0;     ///< the current epoch, from 0
    std::int64_t position = 0;  ///< rows of this epoch already returned
    friend bool operator==(const State&, const State&) = default;
  };
  State state() const { return state_; }
  /// Throws DomainError when no batcher of this size can have been in `state`.
  void set_state(const State& state);

  std::int64_t steps_per_epoch() const;
  std::int64_t images_per_epoch() const;  ///< all, or fewer when incomplete batches are dropped

 private:
  using Rows = std::function<Batch(std::span<const std::int32_t> index, std::int64_t epoch)>;

  Batcher(std::int64_t size, Rows rows, const Rng& rng, const BatcherOptions& options);
  void begin_epoch();

  std::int64_t size_;
  Rows rows_;
  BatcherOptions options_;
  Rng order_rng_;
  State state_;
  std::vector<std::int32_t> order_;  ///< the epoch's order of the rows
};

/// The rest of an epoch as a range. One Batch at a time exists: a reference to it is good until the
/// next one.
class Batcher::Epoch {
 public:
  explicit Epoch(Batcher& batcher) : batcher_(batcher) {}

  class Iterator {
   public:
    explicit Iterator(Epoch& epoch) : epoch_(epoch) { ++*this; }
    const Batch& operator*() const { return epoch_.batch_; }
    Iterator& operator++() {
      more_ = epoch_.batcher_.next(epoch_.batch_);
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return !more_; }

   private:
    Epoch& epoch_;
    bool more_ = false;
  };
  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  Batcher& batcher_;
  Batch batch_;
};

inline Batcher::Epoch Batcher::epoch() { return Epoch(*this); }

}  // namespace tapestry::nn
