#pragma once

#include "vae/models/pixel.hpp"

// Wrong versions of the masks: each changes a network that was built right.

namespace concepts {

using namespace tapestry;
using vae::PixelCnn;

using Spoil = void (*)(PixelCnn&);

inline void keep_right(PixelCnn&) {}

/// The first layer sees the centre too: a pixel is told its own value.
inline void see_the_centre(PixelCnn& cnn) {
  const std::int64_t k = cnn.look.mask.value().dim(0);
  const Tensor centre = equal(arange(k * k), static_cast<double>(k * k / 2));
  const Tensor mask = cnn.look.mask.value();
  cnn.look.mask.set_value(mask + reshape(centre, {k, k}).to(mask.dtype()));
}

/// The pixels after in the place of the pixels before.
inline void turn_the_mask(PixelCnn& cnn) {
  const Tensor mask = cnn.look.mask.value();
  const std::int64_t k = mask.dim(0);
  const Tensor seen = slice(reshape(mask, {k * k}), 0, 0, k * k / 2);
  cnn.look.mask.set_value(reshape(concat({zeros({k * k / 2 + 1}), seen}, 0), {k, k}));
}

/// In its own row a layer is 1 x 1 and hides its only pixel: nothing travels along the row.
inline void see_rows_above(PixelCnn& cnn) {
  const std::int64_t k = cnn.look.mask.value().dim(0);
  const Tensor above = less(arange(k * k), static_cast<double>(k / 2 * k));
  cnn.look.mask.set_value(reshape(above, {k, k}).to(cnn.look.mask.value().dtype()));
}

/// Half the size and back, which shows a pixel what its right and lower neighbours were told.
inline void halve_and_double(PixelCnn& cnn) {
  cnn.between = [](const Tensor& maps) {
    if (maps.dim(2) % 2 != 0) return maps;
    const Tensor half = avg_pool2d(maps, 2);
    const std::int64_t n = half.dim(0), c = half.dim(1), rows = half.dim(2), cols = half.dim(3);
    const Tensor each = reshape(half, {n, c, rows, 1, cols, 1});
    return reshape(broadcast_to(each, {n, c, rows, 2, cols, 2}), {n, c, 2 * rows, 2 * cols});
  };
}

}  // namespace concepts
