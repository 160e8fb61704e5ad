#pragma once

#include "concepts/posteriors/inverse_autoregressive_flow.hpp"

// Wrong versions of the steps of an inverse autoregressive flow.

namespace concepts {

inline IafSteps same_order_twice() {
  IafSteps steps;
  steps.reversed = [](int) { return false; };
  return steps;
}
/// The direction of masked autoregressive flows: a pass of the net for each element.
inline IafSteps slow_direction() {
  IafSteps steps;
  steps.forward = [](const AutoregressiveFlow& flow, const Tensor& z) { return flow.inverse(z); };
  return steps;
}
inline IafSteps context_dropped() {
  IafSteps steps;
  steps.net = [](nn::Made& made, const Tensor& z, const Tensor& h) {
    return made(z, zeros_like(h));
  };
  return steps;
}
inline IafSteps log_det_left_out() {
  IafSteps steps;
  steps.forward = [](const AutoregressiveFlow& flow, const Tensor& z) {
    const Flowed right = flow.forward(z);
    return Flowed{right.z, zeros_like(right.log_det)};
  };
  return steps;
}
/// Output i sees element i too: its own column is added to it.
inline IafSteps mask_not_strict() {
  IafSteps steps;
  steps.net = [](nn::Made& made, const Tensor& z, const Tensor& h) {
    return made(z, h) + 0.3 * concat({z, z}, -1);
  };
  return steps;
}
/// The masks let no input through.
inline IafSteps masks_all_zero() {
  IafSteps steps;
  steps.net = [](nn::Made& made, const Tensor& z, const Tensor& h) {
    return made(zeros_like(z), h);
  };
  return steps;
}

}  // namespace concepts
