#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<StudentT>() {
  const DTypeScope f64(DType::f64);
  return {
      // df = 1 is Cauchy's density, 1 / (pi (1 + x^2)) at 0 and at 1; the second has scale 2, x = 2
      {{tensor({1.0, 1.0}), tensor(0.0), tensor({1.0, 2.0})},
       tensor({0.0, 2.0}),
       tensor({-1.1447298858494002, -2.5310242469692908})},
      {.arguments = {tensor(0.0), tensor(0.0), tensor(1.0)}, .refused = "df"},
      {.arguments = {tensor(std::nan("")), tensor(0.0), tensor(1.0)}, .refused = "df"},
      {.arguments = {tensor(3.0), tensor(kInfinity), tensor(1.0)}, .refused = "loc"},
      {.arguments = {tensor(3.0), tensor(0.0), tensor({1.0, 0.0})}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
