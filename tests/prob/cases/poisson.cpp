#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Poisson>() {
  const DTypeScope f64(DType::f64);
  return {
      // exp(-2), 2^3 exp(-2) / 3!
      {{tensor({2.0, 2.0})}, tensor({0.0, 3.0}), tensor({-2.0, -1.7123179275482191})},
      {.arguments = {tensor({1.0, 0.0})}, .refused = "rate"},
      {.arguments = {tensor(-1.0)}, .refused = "rate"},
      {.arguments = {tensor(std::nan(""))}, .refused = "rate"},
      {.arguments = {tensor(kInfinity)}, .refused = "rate"},
  };
}

}  // namespace tapestry::prob
