#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<VonMisesFisher>() {
  const DTypeScope f64(DType::f64);
  const Tensor loc = tensor({{0.0, 0.0, 1.0}, {0.6, 0.8, 0.0}}), kappa = tensor({2.0, 0.5});
  return {
      // In three dimensions the density is kappa / (4 pi sinh kappa) exp(kappa loc^T x).
      {{loc, kappa},
       tensor({{0.6, 0.0, 0.8}, {0.0, 1.0, 0.0}}),
       tensor({-1.5262444390235137, -2.172349101582209})},
      {.arguments = {tensor({{0.0, 0.0, 2.0}, {0.6, 0.8, 0.0}}), kappa}, .refused = "loc"},
      {.arguments = {tensor({{0.0, 0.0, std::nan("")}, {0.6, 0.8, 0.0}}), kappa}, .refused = "loc"},
      {.arguments = {loc, tensor({2.0, 0.0})}, .refused = "concentration"},
      {.arguments = {loc, tensor({2.0, -1.0})}, .refused = "concentration"},
      {.arguments = {loc, tensor({std::nan(""), 1.0})}, .refused = "concentration"},
  };
}

}  // namespace tapestry::prob
