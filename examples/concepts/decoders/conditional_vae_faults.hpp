#pragma once

#include "concepts/decoders/conditional_measures.hpp"

// Wrong versions of the conditional VAE.

namespace concepts {

/// Where the label goes, one-hot [B, C]: the parts that can be made wrongly.
struct ConditionalSteps {
  using Step = std::function<Tensor(const Tensor& y)>;
  Step to_encoder = [](const Tensor& y) { return y; };
  Step to_decoder = [](const Tensor& y) { return y; };
  Step of_batch = [](const Tensor& y) { return y; };
};

/// q(z|x) in the place of q(z|x,y).
inline ConditionalSteps label_not_in_encoder() {
  ConditionalSteps steps;
  steps.to_encoder = [](const Tensor& y) { return 0.0 * y; };
  return steps;
}
/// p(x|z) in the place of p(x|z,y).
inline ConditionalSteps label_not_in_decoder() {
  ConditionalSteps steps;
  steps.to_decoder = [](const Tensor& y) { return 0.0 * y; };
  return steps;
}
/// Each image of a training batch gets the label of the image before it.
inline ConditionalSteps labels_shuffled() {
  ConditionalSteps steps;
  steps.of_batch = [](const Tensor& y) {
    const std::int64_t n = y.dim(0);
    return concat({slice(y, 0, n - 1, n), slice(y, 0, 0, n - 1)}, 0);
  };
  return steps;
}

}  // namespace concepts
