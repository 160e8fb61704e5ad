#pragma once

#include "autograd/error.hpp"
#include "autograd/shape.hpp"

namespace tapestry::nn {

/// The shape, after checking that a layer's sizes are all at least 1 (ConfigError names the layer).
inline Shape sizes(const char* layer, const Shape& shape) {
  for (const std::int64_t n : shape) {
    check<ConfigError>(n >= 1, "{}: sizes must be at least 1, not {}", layer, n);
  }
  return shape;
}

}  // namespace tapestry::nn
