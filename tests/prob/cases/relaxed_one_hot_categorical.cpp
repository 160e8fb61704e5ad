#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<RelaxedOneHotCategorical>() {
  const DTypeScope f64(DType::f64);
  return {
      // two classes, x = 1/2: log 0.7 + 2 x 1.7 log 2 - 2 (0.7 log 2 + log 2) = log 0.7
      {{tensor({0.0, 0.0})}, tensor({0.5, 0.5}), tensor(-0.35667494393873245)},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor({0.0, kInfinity})}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
