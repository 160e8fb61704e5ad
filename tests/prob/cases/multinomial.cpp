#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Multinomial>() {
  const DTypeScope f64(DType::f64);
  return {
      // 3!/(2! 1!) (1/2)^3, and 3!/3! (1/8)^3 with logits log 1, log 7
      {{tensor({{0.0, 0.0}, {0.0, 1.9459101490553132}})},
       tensor({{2.0, 1.0}, {3.0, 0.0}}),
       tensor({-0.9808292530117262, -6.238324625039508})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor({0.0, -kInfinity})}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
