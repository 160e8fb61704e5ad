#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Categorical>() {
  const DTypeScope f64(DType::f64);
  const std::array<std::int32_t, 2> x{2, 0};
  return {
      // logits log 1, log 2, log 5: probabilities 1/8, 2/8, 5/8
      {{tensor({{0.0, 0.6931471805599453, 1.6094379124341003}, {0.0, 0.0, 0.0}})},
       index_tensor(x, {2}),
       tensor({-0.4700036292457356, -1.0986122886681098})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor({0.0, -kInfinity})}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
