#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<ContinuousBernoulli>() {
  const DTypeScope f64(DType::f64);
  return {
      {{tensor({0.0, 1e-9})}, tensor({0.3, 0.9}), tensor({0.0, 0.4e-9})},
      // l exp(l x) / expm1(l); p(x; l) = p(1-x; -l)
      {{tensor({4.0, -4.0})},
       tensor({0.25, 0.75}),
       tensor({std::log(4 * std::exp(1.0) / std::expm1(4.0)),
               std::log(4 * std::exp(1.0) / std::expm1(4.0))})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor(-kInfinity)}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
