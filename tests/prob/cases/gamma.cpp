#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Gamma>() {
  const DTypeScope f64(DType::f64);
  return {
      // a = 1 is the exponential density: log 2 - 2 x 0.7; a = 3: log(x^2 exp(-x) / 2)
      {{tensor({1.0, 3.0}), tensor({2.0, 1.0})},
       tensor({0.7, 2.0}),
       tensor({-0.7068528194400547, -1.3068528194400546})},
      {.arguments = {tensor({1.0, 0.0}), tensor(1.0)}, .refused = "concentration"},
      {.arguments = {tensor(std::nan("")), tensor(1.0)}, .refused = "concentration"},
      {.arguments = {tensor(kInfinity), tensor(1.0)}, .refused = "concentration"},
      {.arguments = {tensor(1.0), tensor({1.0, -1.0})}, .refused = "rate"},
      {.arguments = {tensor(1.0), tensor(std::nan(""))}, .refused = "rate"},
  };
}

}  // namespace tapestry::prob
