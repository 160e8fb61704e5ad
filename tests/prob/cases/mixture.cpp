#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<Mixture<Normal>>() {
  const DTypeScope f64(DType::f64);
  const Tensor logits = tensor({0.0, 1.0986122886681098});  // 1/4 and 3/4
  const Tensor loc = tensor({0.0, 2.0}), scale = tensor({1.0, 1.0});
  const double half_way = -1.4189385332046727;  // both have the density of N(0, 1) at 1 there
  return {
      {{logits, loc, scale}, tensor({1.0, 1.0}), tensor({half_way, half_way})},
      {.arguments = {tensor({0.0, std::nan("")}), loc, scale}, .refused = "logits"},
      {.arguments = {logits, tensor({0.0, std::nan("")}), scale}, .refused = "loc"},
      {.arguments = {logits, loc, tensor({1.0, 0.0})}, .refused = "scale"},
  };
}

}  // namespace tapestry::prob
