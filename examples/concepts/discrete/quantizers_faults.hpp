#pragma once

#include "concepts/discrete/quantizers.hpp"

// Wrong versions of the quantisers' steps.

namespace concepts {

/// Rounded, and the gradient ends there.
inline Tensor rounded_for_good(const Tensor& u) {
  return (u.detach() + 0.5).to(DType::i32).to(u.dtype()) + 0.0 * u;
}
/// Each stage codes e itself again.
inline Tensor nothing_subtracted(const Tensor& rest, const Tensor&) { return rest; }

/// The steps that can be made wrongly.
struct QuantizerSteps {
  std::function<Tensor(const Tensor&)> round = rounded;
  std::int64_t more_levels = 0;
  double weight = 1;  ///< of the penalty of lookup-free codes
  RestOf rest_of = subtracted;
};

}  // namespace concepts
