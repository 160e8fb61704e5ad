#pragma once

#include <concepts>

#include "autograd/tensor.hpp"

// Flows: invertible maps z -> z' of vectors whose change of volume is known, so that the density of
// z' is that of z divided by it (Rezende and Mohamed, Variational Inference with Normalizing Flows,
// 2015). Parameters broadcast with z [..., Z]: parameters [B, ...] for each image serve samples
// [L, B, Z], as those of a normal do.

namespace tapestry::prob {

/// The end of a step.
struct Flowed {
  Tensor z;        ///< [..., Z]
  Tensor log_det;  ///< [...] log |det dz'/dz| of the step, at z
};

/// One step of a flow. Recorded.
template <class F>
concept Flow = requires(const F flow, const Tensor& z) {
  { flow.forward(z) } -> std::same_as<Flowed>;
};

/// A step that can be undone: `inverse(z')` is z, with log |det dz/dz'|.
template <class F>
concept InvertibleFlow = Flow<F> && requires(const F flow, const Tensor& z) {
  { flow.inverse(z) } -> std::same_as<Flowed>;
};

}  // namespace tapestry::prob
