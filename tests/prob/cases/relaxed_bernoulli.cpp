#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<RelaxedBernoulli>() {
  const DTypeScope f64(DType::f64);
  return {
      // at x = 1/2 and logits 0: log(0.7) - 2 log 2 + 2 log 2
      {{tensor({0.0})}, tensor({0.5}), tensor({-0.35667494393873245})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor(kInfinity)}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
