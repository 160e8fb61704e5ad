#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Beta>() {
  const DTypeScope f64(DType::f64);
  return {
      // the uniform density, and 6 x (1 - x)
      {{tensor({1.0, 2.0}), tensor({1.0, 2.0})},
       tensor({0.3, 0.5}),
       tensor({0.0, 0.4054651081081644})},
      {.arguments = {tensor({1.0, 0.0}), tensor(1.0)}, .refused = "a"},
      {.arguments = {tensor(std::nan("")), tensor(1.0)}, .refused = "a"},
      {.arguments = {tensor(1.0), tensor({1.0, -1.0})}, .refused = "b"},
      {.arguments = {tensor(1.0), tensor(kInfinity)}, .refused = "b"},
  };
}

}  // namespace tapestry::prob
