#pragma once

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/data/pixels.hpp"

// Shared by the programs of this chapter.

namespace concepts {

using namespace tapestry;

/// Images as rows [N, D] of grey values in [0, 1]; `halved` in height and width, for small runs.
inline Tensor grey_rows(const nn::ByteImages& images, bool halved) {
  const NoGrad no_grad;
  const Tensor x = nn::image_tensor(images, 0, images.count, nn::Binarize::none, Rng(1));
  if (!halved) return x;
  const Tensor small = avg_pool2d(reshape(x, {-1, 1, images.rows, images.cols}), 2);
  return reshape(small, {images.count, -1});
}

/// sum_d (x - y)_d^2 of each row.
inline Tensor squared_error(const Tensor& x, const Tensor& y) { return sum(square(x - y), -1); }

}  // namespace concepts
