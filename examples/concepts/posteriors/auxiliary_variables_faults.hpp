#pragma once

#include "concepts/posteriors/auxiliary_variables.hpp"

// Wrong versions of the bound with an auxiliary variable.

namespace concepts {

/// log q(a|x) alone is counted: what a costs, as if nothing of it came back.
inline AuxiliarySteps r_left_out() {
  AuxiliarySteps steps;
  steps.price = [](const Tensor& log_r, const Tensor& log_a) { return 0.0 * log_r - log_a; };
  return steps;
}
/// r(a) = q(a|x): z does not say which a it came from.
inline AuxiliarySteps r_ignores_z() {
  AuxiliarySteps steps;
  steps.best_r = [](const AuxiliaryTables& q) { return q.log_a + 0.0 * q.log_z; };
  return steps;
}
/// q(z|x) in the place of q(z|a,x).
inline AuxiliarySteps a_not_given_to_z() {
  AuxiliarySteps steps;
  steps.given_a = [](const Tensor& logits) { return 0.0 * logits + mean(logits, -2, true); };
  return steps;
}

}  // namespace concepts
