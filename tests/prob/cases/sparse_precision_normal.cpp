#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<SparsePrecisionNormal>() {
  const DTypeScope f64(DType::f64);
  // 1 x 2 pixels: the second is the right neighbour of the first, and has none.
  const Tensor zero = tensor({0.0, 0.0}), d = tensor({2.0, 0.5});
  const Tensor below = tensor({{3.0, 0.0, 0.0, 0.0}, {0.0, 0.0, 0.0, 0.0}});
  const Tensor bad = tensor({{std::nan(""), 0.0, 0.0, 0.0}, {0.0, 0.0, 0.0, 0.0}});
  return {
      // L^T v = (2 - 3, -1 / 2): log 1 - (1 + 1/4) / 2 - log(2 pi)
      {{zero, d, below}, tensor({1.0, -1.0}), tensor(-0.625 - 1.8378770664093453)},
      {.arguments = {tensor({0.0, std::nan("")}), d, below}, .refused = "loc"},
      {.arguments = {zero, tensor({1.0, 0.0}), below}, .refused = "diagonal"},
      {.arguments = {zero, d, bad}, .refused = "below"},
  };
}

}  // namespace tapestry::prob
