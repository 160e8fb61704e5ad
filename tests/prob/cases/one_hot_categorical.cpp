#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<OneHotCategorical>() {
  const DTypeScope f64(DType::f64);
  return {
      // logits log 1, log 2, log 5: probabilities 1/8, 2/8, 5/8
      {{tensor({{0.0, 0.6931471805599453, 1.6094379124341003}, {0.0, 0.0, 0.0}})},
       tensor({{0.0, 0.0, 1.0}, {1.0, 0.0, 0.0}}),
       tensor({-0.4700036292457356, -1.0986122886681098})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor({0.0, -kInfinity})}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
