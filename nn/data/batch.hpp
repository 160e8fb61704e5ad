#pragma once

#include <cstdint>
#include <span>

#include "autograd/tensor.hpp"

namespace tapestry::nn {

/// One minibatch.
struct Batch {
  /// [B, ...]: the rows; for an ImageDataset [B, D] with values in [0, 1].
  Tensor images;
  /// [B, ...]: what is known about each row, for images the class (i32). Undefined without labels.
  Tensor labels = {};
  /// [B]: the numbers of the rows in their data set; valid until the epoch ends.
  std::span<const std::int32_t> index = {};
  /// Of the run, from 0. Schedules are functions of it, so that a resumed run continues alike.
  std::int64_t step = 0;
};

}  // namespace tapestry::nn
