#pragma once

#include <functional>

#include "prob/flows/flow.hpp"

namespace tapestry::prob {

/// The affine map of each element of z: z' = shift + exp(log_scale) z.
struct ShiftAndScale {
  Tensor shift, log_scale;  ///< [..., Z]
};
/// A network that computes both from z; the flow limits the elements of z that each may depend on.
using ShiftAndScaleNet = std::function<ShiftAndScale(const Tensor& z)>;

/// The map of each element is a function of the elements before it (Kingma et al., Improving Variational Inference
/// with Inverse Autoregressive Flow, 2016, equation 10):
///
///     z'_i = shift_i(z_1 ... z_i-1) + exp(log_scale_i(z_1 ... z_i-1)) z_i
///     log |det| = sum_i log_scale_i
///
/// `net` must be autoregressive, in any order of the elements: nn::Made is. Forward is one pass of it;
/// the inverse needs Z passes, one for each element.
struct AutoregressiveFlow {
  ShiftAndScaleNet net;

  Flowed forward(const Tensor& z) const;
  Flowed inverse(const Tensor& z) const;
};

/// Some elements are kept, and the map of the others is a function of these (Dinh, Sohl-Dickstein and
/// Bengio, Density Estimation using Real NVP, 2017, section 3.4): one pass of `net` in both directions.
/// `net` gets z with zeros in the place of the elements that are moved.
struct CouplingFlow {
  Tensor kept;  ///< [Z] of 1 (kept) and 0 (moved)
  ShiftAndScaleNet net;

  Flowed forward(const Tensor& z) const;
  Flowed inverse(const Tensor& z) const;
};

}  // namespace tapestry::prob
