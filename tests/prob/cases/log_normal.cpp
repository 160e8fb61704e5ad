#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<LogNormal>() {
  const DTypeScope f64(DType::f64);
  return {
      // at x = 1 the normal's density at 0; at x = e with loc 1 it is also divided by e
      {{tensor({0.0, 1.0}), tensor(1.0)},
       tensor({1.0, 2.718281828459045}),
       tensor({-0.9189385332046727, -1.9189385332046727})},
      {.arguments = {tensor({0.0, std::nan("")}), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(-2.0)}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(std::nan(""))}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(kInfinity)}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
