#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "variation.hpp"

tapestry::Tensor variation_each(const tapestry::Tensor& loc, const tapestry::Tensor& log_sigma) {
  return -0.5 * (square(loc) + exp(2.0 * log_sigma) + std::log(2 * std::numbers::pi));
}
