#pragma once

#include "concepts/decoders/semi_supervised.hpp"

// Wrong versions of M2's steps.

namespace concepts {

/// U without the entropy of q(y|x).
inline Tensor without_entropy(const Tensor& L, const Tensor& log_q) {
  return sum(exp(log_q) * L, -1);
}
/// A label is drawn, and the gradient of the choice is forgotten.
inline Tensor without_score(const Tensor& L, const Tensor& log_q) { return L - log_q; }

/// The steps that can be made wrongly.
struct LabelSteps {
  std::function<Tensor(const Tensor&L, const Tensor&log_q)> sum_of = over_labels,
                                                            draw_of = over_one_label;
  bool prior = true;  ///< log p(y) is in L
};

}  // namespace concepts
