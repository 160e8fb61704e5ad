#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Gumbel>() {
  const DTypeScope f64(DType::f64);
  return {
      // -z - exp(-z) at z = 0, and at z = 1 with scale 2
      {{tensor({0.0, 1.0}), tensor({1.0, 2.0})},
       tensor({0.0, 3.0}),
       tensor({-1.0, -2.0610266217313876})},
      {.arguments = {tensor({0.0, std::nan("")}), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(-2.0)}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(std::nan(""))}, .refused = "scale"},
      {.arguments = {tensor(0.0), tensor(kInfinity)}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
