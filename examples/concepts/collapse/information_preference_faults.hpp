#pragma once

#include "concepts/collapse/information_preference.hpp"

// Wrong versions of what a decoder sees, and of the flow.

namespace concepts {

/// The window is a bit longer than it says.
inline double best_with_one_more(int w) { return best_without_z(w + 1); }

/// The encoder learns nothing from the likelihood.
inline Tensor detached(const Tensor& z) { return z.detach(); }
inline Tensor as_it_is(const Tensor& z) { return z; }

/// z from the noise in one pass, as if m and s were functions of the noise.
inline Tensor from_noise_at_once(FlowPrior& flow, const Tensor& e) {
  return flow.m(e) + e * exp(flow.s(e));
}
inline Tensor from_noise_one_by_one(FlowPrior& flow, const Tensor& e) { return flow.from_noise(e); }

}  // namespace concepts
