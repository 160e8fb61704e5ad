#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Bernoulli>() {
  const DTypeScope f64(DType::f64);
  return {
      {{tensor({0.0, 2.0})},
       tensor({1.0, 0.0}),
       tensor({-0.6931471805599453, -2.1269280110429727})},
      {{tensor({-800.0, 800.0})}, tensor({0.0, 0.0}), tensor({0.0, -800.0})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor(kInfinity)}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
