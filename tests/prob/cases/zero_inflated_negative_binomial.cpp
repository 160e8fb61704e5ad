#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<ZeroInflatedNegativeBinomial>() {
  const DTypeScope f64(DType::f64);
  const Tensor one = tensor(1.0);
  return {
      // mpmath, 40 digits
      {{tensor({3.0, 3.0}), tensor({2.0, 2.0}), tensor({-1.0, -1.0})},
       tensor({0.0, 4.0}),
       tensor({-0.95214903998030865541, -2.5797077338963953226})},
      {{tensor({0.7, 0.7}), tensor({10.0, 10.0}), tensor({0.5, 0.5})},
       tensor({0.0, 2.0}),
       tensor({-0.20532590389376628059, -3.0971676544989695513})},
      // nearly no losses, and nearly nothing else
      {{tensor({2.0, 2.0}), tensor({1.5, 1.5}), tensor({-20.0, 30.0})},
       tensor({0.0, 7.0}),
       tensor({-1.2709467852955426838, -34.043369172258029167})},
      {.arguments = {tensor({1.0, 0.0}), one, one}, .refused = "mu"},
      {.arguments = {tensor(std::nan("")), one, one}, .refused = "mu"},
      {.arguments = {one, tensor(-1.0), one}, .refused = "theta"},
      {.arguments = {one, tensor(kInfinity), one}, .refused = "theta"},
      {.arguments = {one, one, tensor(kInfinity)}, .refused = "zero_logits"},
  };
}

}  // namespace tapestry::prob
