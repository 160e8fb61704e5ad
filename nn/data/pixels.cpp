#include "nn/data/pixels.hpp"

#include <fmt/core.h>

#include <array>

#include "autograd/error.hpp"
#include "autograd/kernels/parallel.hpp"

namespace tapestry::nn {
namespace {

constexpr std::array kRuleNames = {"none", "threshold", "dynamic"};

// Row converters: D bytes in, D values out, one simple loop each so that it vectorises.
// `__restrict`: byte pointers may alias anything, and would prevent vectorising.

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
      // In the piece, as parallel_rows does not number pieces: half a word a pixel, which the pool of this thread
      // keeps from one minibatch to the next.
      Tensor scratch = Tensor::empty({words}, DType::i32);
      const std::span bits(reinterpret_cast<std::uint32_t*>(scratch.mutate<std::int32_t>().data()),
                           static_cast<std::size_t>(words));
      Rng own = rng;
      for (std::int64_t row = begin; row < end; ++row) {
        const Source from = source(row);
        // Shuffled images are scattered in memory: prefetch the next one.
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

Tensor image_tensor(const ByteImages& images, std::span<const std::int32_t> index, Binarize rule,
                    const Rng& rng, std::int64_t epoch) {
  for (const std::int32_t image : index) {
    check<ShapeError>(image >= 0 && image < images.count, "image_tensor: image {} of {}", image,
                      images.count);
  }
  return convert_images(images, std::ssize(index), rule, rng, [&](std::int64_t row) {
    const std::int64_t image = index[static_cast<std::size_t>(row)];
    return Source{image, epoch * images.count + image};
  });
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
