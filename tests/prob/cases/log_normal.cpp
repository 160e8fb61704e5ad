#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<LogNormal>() {
  const DTypeScope f64(DType::f64);
  // at x = 1 the normal's density at 0; at x = e with loc 1 it is also divided by e
  return location_scale({{tensor({0.0, 1.0}), tensor(1.0)},
                         tensor({1.0, 2.718281828459045}),
                         tensor({-0.9189385332046727, -1.9189385332046727})});
}

}  // namespace tapestry::prob
