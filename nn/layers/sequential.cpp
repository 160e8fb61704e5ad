#include "nn/layers/sequential.hpp"

namespace tapestry::nn {

Tensor Sequential::forward(const Tensor& x) {
  check<ConfigError>(!layers_.empty(), "sequential: there are no layers; add some first");
  Tensor y = x;
  for (const auto& layer : layers_) y = (*layer)(y);
  return y;
}

}  // namespace tapestry::nn
