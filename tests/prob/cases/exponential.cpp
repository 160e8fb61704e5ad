#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Exponential>() {
  const DTypeScope f64(DType::f64);
  return {
      // log 2 - 2 x 0.7 for the second
      {{tensor({1.0, 2.0})}, tensor({0.0, 0.7}), tensor({0.0, -0.7068528194400547})},
      {.arguments = {tensor({1.0, 0.0})}, .refused = "rate"},
      {.arguments = {tensor(-1.0)}, .refused = "rate"},
      {.arguments = {tensor(std::nan(""))}, .refused = "rate"},
      {.arguments = {tensor(kInfinity)}, .refused = "rate"},
  };
}

}  // namespace tapestry::prob
