#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Laplace>() {
  const DTypeScope f64(DType::f64);
  // -|3 - 1| / 2 - log 4 for the second
  return location_scale({{tensor({0.0, 1.0}), tensor({1.0, 2.0})},
                         tensor({0.5, 3.0}),
                         tensor({-1.1931471805599454, -2.3862943611198906})});
}

}  // namespace tapestry::prob
