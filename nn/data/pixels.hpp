#pragma once

#include <cstdint>
#include <span>
#include <string_view>

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

/// The images with the numbers `index` as a [B, D] tensor of the default dtype.
///
/// Dynamic binarisation takes for image i in epoch e draw number e * count + i of `rng` (and leaves
/// `rng` alone), so the pixels of an epoch do not depend on the order of the images. ShapeError for
/// an image that is not there.
Tensor image_tensor(const ByteImages& images, std::span<const std::int32_t> index, Binarize rule,
                    const Rng& rng, std::int64_t epoch);
/// Images first..first+count-1 in the order of the data, as in epoch 0: test images are the same 0s
/// and 1s each time and for any cutting into batches. ShapeError for a range outside the images.
Tensor image_tensor(const ByteImages& images, std::int64_t first, std::int64_t count, Binarize rule,
                    const Rng& rng);

}  // namespace tapestry::nn
