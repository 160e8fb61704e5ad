#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Gumbel>() {
  const DTypeScope f64(DType::f64);
  // -z - exp(-z) at z = 0, and at z = 1 with scale 2
  return location_scale({{tensor({0.0, 1.0}), tensor({1.0, 2.0})},
                         tensor({0.0, 3.0}),
                         tensor({-1.0, -2.0610266217313876})});
}

}  // namespace tapestry::prob
