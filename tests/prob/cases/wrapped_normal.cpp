#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<WrappedNormal>() {
  const DTypeScope f64(DType::f64);
  const Tensor loc = tensor({{0.0, 0.0}, {0.3, -0.4}}), scale = tensor({{1.0, 0.5}, {0.7, 2.0}});
  return {
      // By the hyperboloid model, with 30 digits.
      {{loc, scale},
       tensor({{0.2, 0.1}, {-0.5, 0.6}}),
       tensor({-1.3445304609850902, -8.2244810835638822})},
      {.arguments = {tensor({{0.0, 0.0}, {0.6, 0.9}}), scale}, .refused = "loc"},
      {.arguments = {tensor({{0.0, 0.0}, {std::nan(""), 0.0}}), scale}, .refused = "loc"},
      {.arguments = {loc, tensor({{1.0, 0.5}, {0.0, 2.0}})}, .refused = "scale"},
      {.arguments = {loc, tensor({{1.0, 0.5}, {-1.0, 2.0}})}, .refused = "scale"},
      {.arguments = {loc, tensor({{1.0, 0.5}, {std::nan(""), 2.0}})}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
