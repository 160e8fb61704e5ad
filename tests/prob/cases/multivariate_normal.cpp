#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<MultivariateNormal>() {
  const DTypeScope f64(DType::f64);
  const Tensor l = tensor({{1.0, 0.0}, {0.5, 2.0}}), zero = tensor({0.0, 0.0});
  return {
      // z = (1, -1): -1 - log 2 - log(2 pi)
      {{zero, l}, tensor({1.0, -1.5}), tensor(-1 - 0.6931471805599453 - 1.8378770664093453)},
      {.arguments = {tensor({0.0, std::nan("")}), l}, .refused = "loc"},
      {.arguments = {zero, tensor({{1.0, 0.1}, {0.5, 2.0}})}, .refused = "scale_tril"},
      {.arguments = {zero, tensor({{1.0, 0.0}, {0.5, 0.0}})}, .refused = "scale_tril"},
      {.arguments = {zero, tensor({{1.0, 0.0}, {std::nan(""), 1.0}})}, .refused = "scale_tril"},
  };
}

}  // namespace tapestry::prob
