#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Uniform>() {
  const DTypeScope f64(DType::f64);
  return {
      {{tensor({0.0, -1.0}), tensor({1.0, 3.0})},
       tensor({0.3, 0.0}),
       tensor({0.0, -1.3862943611198906})},
      {{tensor({0.0, 0.0}), tensor(1.0)}, tensor({1.5, -0.1}), tensor({-kInfinity, -kInfinity})},
      {.arguments = {tensor(std::nan("")), tensor(1.0)}, .refused = "low"},
      {.arguments = {tensor(0.0), tensor(std::nan(""))}, .refused = "high"},
      {.arguments = {tensor(0.0), tensor(kInfinity)}, .refused = "high"},
      {.arguments = {tensor({0.0, 2.0}), tensor(1.0)}, .refused = "high - low"},
      {.arguments = {tensor(1.0), tensor(1.0)}, .refused = "high - low"},
  };
}

}  // namespace tapestry::prob
