#include "nn/data/batcher.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "autograd/error.hpp"

namespace tapestry::nn {

Batcher::Batcher(const Dataset& data, const Rng& rng, const BatcherOptions& options)
    : Batcher(
          data.size(options.part),
          [&data, part = options.part, pixels = rng.stream("pixels")](
              std::span<const std::int32_t> index, std::int64_t epoch) {
            return data.batch(part, index, pixels, epoch);
          },
          rng, options) {
  check<ConfigError>(options.binarize == Binarize::none,
                     "batcher: the rule for pixels is that of the data set: set its `binarize`");
}

Batcher::Batcher(const ByteImages& images, const Rng& rng, const BatcherOptions& options)
    : Batcher(
          images.count,
          [&images, rule = options.binarize, pixels = rng.stream("pixels")](
              std::span<const std::int32_t> index, std::int64_t epoch) {
            return Batch{.images = image_tensor(images, index, rule, pixels, epoch)};
          },
          rng, options) {}

Batcher::Batcher(std::int64_t size, Rows rows, const Rng& rng, const BatcherOptions& options)
    : size_(size),
      rows_(std::move(rows)),
      options_(options),
      order_rng_(rng.stream("order")),
      order_(static_cast<std::size_t>(size)) {
  check<ConfigError>(size >= 1, "batcher: got no images");
  check<ConfigError>(options.batch >= 1, "batcher: batch is {}, expected at least 1",
                     options.batch);
  check<ConfigError>(steps_per_epoch() >= 1,
                     "batcher: batch is {}, expected at most the {} images when incomplete batches "
                     "are dropped",
                     options.batch, size);
  begin_epoch();
}

std::int64_t Batcher::steps_per_epoch() const {
  const std::int64_t full = size_ / options_.batch;
  return options_.drop_last || size_ % options_.batch == 0 ? full : full + 1;
}

std::int64_t Batcher::images_per_epoch() const {
  return std::min(size_, steps_per_epoch() * options_.batch);
}

/// Draws the order of epoch `state_.epoch` from a stream of its own, so that any epoch can be made
/// without the ones before.
void Batcher::begin_epoch() {
  if (options_.shuffle) {
    Rng rng = order_rng_.stream(fmt::format("epoch {}", state_.epoch));
    order_ = rng.permutation(size_);
  } else {
    std::iota(order_.begin(), order_.end(), 0);
  }
}

void Batcher::set_state(const State& state) {
  check<DomainError>(
      state.epoch >= 0 && state.position >= 0 && state.position <= images_per_epoch() &&
          (state.position % options_.batch == 0 || state.position == images_per_epoch()),
      "batcher: epoch {}, position {} is no place in {} images cut by {}", state.epoch,
      state.position, size_, options_.batch);
  state_ = state;
  begin_epoch();
}

bool Batcher::next(Batch& batch) {
  if (state_.position == images_per_epoch()) {
    ++state_.epoch;
    state_.position = 0;
    begin_epoch();
    return false;
  }
  const std::int64_t size = std::min(options_.batch, images_per_epoch() - state_.position);
  batch = {};  // free the memory before the next allocation
  const auto index = std::span<const std::int32_t>(order_).subspan(
      static_cast<std::size_t>(state_.position), static_cast<std::size_t>(size));
  batch = rows_(index, state_.epoch);
  batch.index = index;
  batch.step = state_.epoch * steps_per_epoch() + state_.position / options_.batch;
  state_.position += size;
  return true;
}

Batch Batcher::next() {
  Batch batch;
  while (!next(batch)) {}  // false once, at the end of an epoch
  return batch;
}

}  // namespace tapestry::nn
