#pragma once

#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"

namespace support {

/// Every image of n black and white pixels, f64 [2^n, n]: what is summed over all of them is exact.
inline tapestry::Tensor every_image(int n) {
  const std::int64_t images = std::int64_t{1} << n;
  std::vector<double> pixels;
  for (std::int64_t image = 0; image < images; ++image)
    for (int i = 0; i < n; ++i) pixels.push_back(static_cast<double>(image >> i & 1));
  return tapestry::tensor(pixels, {images, n}, tapestry::DType::f64);
}

}  // namespace support
