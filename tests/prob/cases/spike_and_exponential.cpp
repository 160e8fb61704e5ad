#include <cmath>

#include "autograd/ops.hpp"
#include "prob/cases/cases.hpp"

namespace tapestry::prob {

template <>
std::vector<Case> cases<SpikeAndExponential>() {
  const DTypeScope f64(DType::f64);
  const double log_density = std::log(0.7 * std::exp(0.7 * 0.5) / (std::exp(0.7) - 1));
  return {
      // P(0) = 1 - sigmoid(2) = 1 / (1 + e^2); at 1/2, half of the density of z = 1
      {{tensor({2.0, 0.0})},
       tensor({0.0, 0.5}),
       tensor({-std::log(1 + std::exp(2.0)), std::log(0.5) + log_density})},
      {{tensor({-90.0, 90.0})}, tensor({0.0, 0.5}), tensor({0.0, log_density})},
      {.arguments = {tensor({0.0, std::nan("")})}, .refused = "logits"},
      {.arguments = {tensor(kInfinity)}, .refused = "logits"},
  };
}

}  // namespace tapestry::prob
