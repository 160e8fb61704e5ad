#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Dirichlet>() {
  const DTypeScope f64(DType::f64);
  return {
      // uniform over the triangle of area 1/2; Gamma(5) / Gamma(3) x^2 for (3, 1, 1)
      {{tensor({{1.0, 1.0, 1.0}, {3.0, 1.0, 1.0}})},
       tensor({{0.2, 0.3, 0.5}, {0.5, 0.25, 0.25}}),
       tensor({0.6931471805599453, 1.0986122886681098})},
      {.arguments = {tensor({1.0, 0.0})}, .refused = "concentration"},
      {.arguments = {tensor({1.0, std::nan("")})}, .refused = "concentration"},
      {.arguments = {tensor({kInfinity, 1.0})}, .refused = "concentration"},
  };
}

}  // namespace tapestry::prob
