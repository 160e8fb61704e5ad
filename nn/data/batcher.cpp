#include "nn/data/batcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "autograd/error.hpp"
#include "autograd/kernels/parallel.hpp"

namespace tapestry::nn {
namespace {

constexpr std::array kRuleNames = {"none", "threshold", "dynamic"};

// Row converters: D bytes in, D values out, one simple loop each so that it vectorises (bytes may
// be anything's, so the compiler must be told that they are not the output's).

template <class T>
void grey_row(const std::uint8_t* __restrict bytes, std::int64_t size, T* __restrict out) {
  for (std::int64_t i = 0; i < size; ++i) out[i] = static_cast<T>(bytes[i]) / T{255};
}

template <class T>
void threshold_row(const std::uint8_t* __restrict bytes, std::int64_t size, T* __restrict out) {
  for (std::int64_t i = 0; i < size; ++i) out[i] = bytes[i] > 127 ? T{1} : T{0};
}

/// out = 1 with probability byte / 255, rounded to 16 bits (to within 2^-17); 0 and 255 are exact.
///
/// Sixteen random bits decide a pixel: the lower halves of the words for the first half of the image,
/// the upper halves for the rest.
template <class T>
void bernoulli_row(const std::uint8_t* __restrict bytes, const std::uint32_t* __restrict words,
                   std::int64_t size, T* __restrict out) {
  // byte / 255 * 65536 = 257 byte + byte / 255, to the nearest whole number.
  const auto ones = [](std::uint32_t byte) { return 257 * byte + (byte >> 7); };
  const std::int64_t half = (size + 1) / 2;
  for (std::int64_t i = 0; i < half; ++i) {
    out[i] = (words[i] & 0xffff) < ones(bytes[i]) ? T{1} : T{0};
  }
  for (std::int64_t i = half; i < size; ++i) {
    out[i] = (words[i - half] >> 16) < ones(bytes[i]) ? T{1} : T{0};
  }
}

/// Which image a row shows, and the number of the draw that binarises it.
struct Source {
  std::int64_t image, draw;
};

/// The images that `source(row)` names as [rows, D] in the default dtype. Each image takes random
/// bits from a draw of its own, so rows can be made in any order, on any thread.
template <class SourceOf>
Tensor convert_images(const ByteImages& images, std::int64_t rows, Binarize rule, const Rng& rng,
                      SourceOf source) {
  const std::int64_t width = images.image_size(), words = (width + 1) / 2;
  Tensor out = Tensor::empty({rows, width}, default_dtype());
  dispatch(out.dtype(), [&]<class T>(T) {
    T* first = out.mutate<T>().data();
    parallel_rows(rows, width, [&](std::int64_t begin, std::int64_t end) {
      Tensor scratch = Tensor::empty({words}, DType::i32);  // from the pool of this thread
      const std::span bits(reinterpret_cast<std::uint32_t*>(scratch.mutate<std::int32_t>().data()),
                           static_cast<std::size_t>(words));
      Rng own = rng;
      for (std::int64_t row = begin; row < end; ++row) {
        const Source from = source(row);
        // Shuffled images lie anywhere in memory: the next one is fetched while this one is made.
        if (row + 1 < end) {
          const std::uint8_t* next = images.image(source(row + 1).image).data();
          for (std::int64_t i = 0; i < width; i += 64) __builtin_prefetch(next + i);
        }
        const std::uint8_t* bytes = images.image(from.image).data();
        switch (rule) {
          case Binarize::none:
            grey_row(bytes, width, first + row * width);
            break;
          case Binarize::threshold:
            threshold_row(bytes, width, first + row * width);
            break;
          case Binarize::dynamic: {
            Rng::State at = own.state();
            at.draw = static_cast<std::uint64_t>(from.draw);
            own.set_state(at);
            own.bits(bits);
            bernoulli_row(bytes, bits.data(), width, first + row * width);
          }
        }
      }
    });
  });
  return out;
}

}  // namespace

const char* name(Binarize rule) { return kRuleNames[static_cast<std::size_t>(rule)]; }

Binarize binarize_rule(std::string_view name) {
  for (std::size_t i = 0; i < kRuleNames.size(); ++i) {
    if (name == kRuleNames[i]) return static_cast<Binarize>(i);
  }
  throw ConfigError(fmt::format("binarize: unknown rule '{}'", name),
                    "rules are none, threshold and dynamic");
}

Batcher::Batcher(const ByteImages& images, const Rng& rng, const BatcherOptions& options)
    : images_(images),
      options_(options),
      order_rng_(rng.stream("order")),
      pixel_rng_(rng.stream("pixels")),
      order_(static_cast<std::size_t>(images.count)) {
  check<ConfigError>(images.count >= 1, "batcher: got no images");
  check<ConfigError>(options.batch >= 1, "batcher: batch is {}, expected at least 1",
                     options.batch);
  check<ConfigError>(steps_per_epoch() >= 1,
                     "batcher: batch is {}, expected at most the {} images when incomplete batches "
                     "are dropped",
                     options.batch, images.count);
  begin_epoch();
}

std::int64_t Batcher::steps_per_epoch() const {
  const std::int64_t full = images_.count / options_.batch;
  return options_.drop_last || images_.count % options_.batch == 0 ? full : full + 1;
}

std::int64_t Batcher::images_per_epoch() const {
  return std::min(images_.count, steps_per_epoch() * options_.batch);
}

/// Lays out the order of epoch `state_.epoch`: from a stream of its own, so that any epoch can be
/// had without the ones before.
void Batcher::begin_epoch() {
  if (options_.shuffle) {
    Rng rng = order_rng_.stream(fmt::format("epoch {}", state_.epoch));
    order_ = rng.permutation(images_.count);
  } else {
    std::iota(order_.begin(), order_.end(), 0);
  }
}

void Batcher::set_state(const State& state) {
  check<DomainError>(
      state.epoch >= 0 && state.position >= 0 && state.position <= images_per_epoch() &&
          (state.position % options_.batch == 0 || state.position == images_per_epoch()),
      "batcher: epoch {}, position {} is no place in {} images cut by {}", state.epoch,
      state.position, images_.count, options_.batch);
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
  batch.index = std::span<const std::int32_t>(order_).subspan(
      static_cast<std::size_t>(state_.position), static_cast<std::size_t>(size));
  batch.images = Tensor();  // back to the pool before the new one is taken
  batch.images =
      convert_images(images_, size, options_.binarize, pixel_rng_, [&](std::int64_t row) {
        const std::int64_t image = batch.index[static_cast<std::size_t>(row)];
        return Source{image, state_.epoch * images_.count + image};
      });
  state_.position += size;
  return true;
}

Tensor image_tensor(const ByteImages& images, std::int64_t first, std::int64_t count, Binarize rule,
                    const Rng& rng) {
  check<ShapeError>(first >= 0 && count >= 0 && first + count <= images.count,
                    "image_tensor: images {} to {} of {}", first, first + count - 1, images.count);
  return convert_images(images, count, rule, rng, [first](std::int64_t row) {
    return Source{first + row, first + row};
  });
}

}  // namespace tapestry::nn
