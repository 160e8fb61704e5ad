#pragma once

#include "concepts/collapse/information_preference.hpp"

// Wrong versions of what a decoder sees, and of the flow.

namespace concepts {

/// The window is a bit longer than it says.
inline double best_with_one_more(int w) { return best_without_z(w + 1); }

/// The encoder learns nothing from the likelihood.
inline Tensor detached(const Tensor& z) { return z.detach(); }
inline Tensor as_it_is(const Tensor& z) { return z; }

using FlowMap = Tensor (*)(FlowPrior& flow, const Tensor& at);
/// z from the noise in one pass, as if m and s were functions of the noise.
inline Tensor from_noise_at_once(FlowPrior& flow, const Tensor& e) {
  return flow.m(e) + e * exp(flow.s(e));
}
inline Tensor from_noise_one_by_one(FlowPrior& flow, const Tensor& e) { return flow.from_noise(e); }

/// log |dz/de|, which a flow from the noise to z would have.
inline Tensor log_det_of_inverse(FlowPrior& flow, const Tensor& z) { return -flow.log_det(z); }
/// The volume at the end of the map.
inline Tensor log_det_at_noise(FlowPrior& flow, const Tensor& z) {
  return flow.log_det(flow.to_noise(z));
}
inline Tensor log_det_at_z(FlowPrior& flow, const Tensor& z) { return flow.log_det(z); }

}  // namespace concepts
