#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<DiscretizedNormal>() {
  const DTypeScope f64(DType::f64);
  // Levels 140, 30, 0 and 255; the last two with their tails.
  return location_scale(
      {{tensor({0.1, -0.5, -1.1, 0.9}), tensor({0.05, 0.05, 0.2, 0.2})},
       tensor({0.09765625, -0.76171875, -0.99609375, 0.99609375}),
       tensor({-2.777349761791327, -16.44789885620001, -0.3494466523612859, -1.131894890996561})});
}

}  // namespace tapestry::prob
