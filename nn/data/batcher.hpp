#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "autograd/random.hpp"
#include "autograd/tensor.hpp"
#include "nn/data/idx.hpp"

namespace tapestry::nn {

/// How bytes become pixel values.
enum class Binarize {
  none,       ///< grey: byte / 255
  threshold,  ///< 1 where byte > 127, else 0
  dynamic,    ///< a fresh draw of Bernoulli(byte / 255) each epoch; the odds are kept to 2^-17
};

const char* name(Binarize rule);
/// The rule of a name; throws ConfigError.
Binarize binarize_rule(std::string_view name);

struct BatcherOptions {
  std::int64_t batch = 128;
  Binarize binarize = Binarize::none;
  bool shuffle = true;     ///< a new order each epoch; false: the order of the data
  bool drop_last = false;  ///< leave out the last batch of an epoch when it is not full
};

/// One minibatch.
struct Batch {
  Tensor images;                        ///< [B, D], values in [0, 1], of the default dtype
  std::span<const std::int32_t> index;  ///< [B], which images these are; valid until the epoch ends
};

/// Cuts images into minibatches, epoch after epoch.
///
///     Batcher batches(data.train, rng.stream("batches"), {.batch = 128});
///     Batch batch;
///     for (int epoch = 0; epoch < 10; ++epoch) {
///       while (batches.next(batch)) step(batch.images);
///     }
///
/// Order and binarisation of an epoch are a pure function of the random stream and the epoch's
/// number, so two integers are the whole state: a batcher made in the same way and given the
/// `State` of another goes on with the same bytes.
class Batcher {
 public:
  /// `images` must outlive the batcher. Throws ConfigError for a batch below 1, no images, or fewer
  /// images than a batch when incomplete batches are dropped.
  Batcher(const ByteImages& images, const Rng& rng, const BatcherOptions& options);

  /// Fills `batch` with the next minibatch and returns true; returns false, leaving `batch` alone,
  /// at the end of an epoch. The call after that begins the next epoch.
  bool next(Batch& batch);

  struct State {
    std::int64_t epoch = 0;     ///< the epoch at work, from 0
    std::int64_t position = 0;  ///< images of it already given out
    friend bool operator==(const State&, const State&) = default;
  };
  State state() const { return state_; }
  /// Throws DomainError when no batcher of this size can have been in `state`.
  void set_state(const State& state);

  std::int64_t steps_per_epoch() const;
  std::int64_t images_per_epoch() const;  ///< all, or fewer when incomplete batches are dropped

 private:
  void begin_epoch();

  const ByteImages& images_;
  BatcherOptions options_;
  Rng order_rng_, pixel_rng_;
  State state_;
  std::vector<std::int32_t> order_;  ///< the epoch's order of the images
};

/// Images first..first+count-1 as a [count, D] tensor of the default dtype, in the order of the
/// data.
///
/// Dynamic binarisation takes draw number i of `rng` for image i (and leaves `rng` alone): test
/// images are the same 0s and 1s each time and for any cutting into batches. Throws ShapeError for
/// a range outside the images.
Tensor image_tensor(const ByteImages& images, std::int64_t first, std::int64_t count, Binarize rule,
                    const Rng& rng);

}  // namespace tapestry::nn
