#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Normal>() {
  const DTypeScope f64(DType::f64);
  return location_scale(
      {{tensor({0.0, 1.0}), tensor({1.0, 2.0})},
       tensor({0.0, 3.0}),
       tensor({-0.9189385332046727, -0.5 - 0.6931471805599453 - 0.9189385332046727})});
}

}  // namespace tapestry::prob
