#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Rbm>() {
  const DTypeScope f64(DType::f64);
  const Tensor a = tensor({0.5}), b = tensor({-1.0}), W = full({1, 1}, 2.0);
  // -E = 0, 0.5, -1 and 1.5 at 00, 10, 01 and 11
  const double Z = 1 + std::exp(0.5) + std::exp(-1.0) + std::exp(1.5);
  return {
      {{a, b, W}, tensor({1.0, 1.0}), tensor(1.5 - std::log(Z))},
      {{a, b, W}, tensor({0.0, 1.0}), tensor(-1 - std::log(Z))},
      {.arguments = {tensor({std::nan("")}), b, W}, .refused = "left"},
      {.arguments = {a, tensor({kInfinity}), W}, .refused = "right"},
      {.arguments = {a, b, full({1, 1}, std::nan(""))}, .refused = "weight"},
  };
}

}  // namespace tapestry::prob
