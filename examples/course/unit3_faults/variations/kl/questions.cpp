#include "autograd/ops.hpp"
#include "variation.hpp"

tapestry::Tensor variation_each(const tapestry::Tensor& loc, const tapestry::Tensor& log_sigma) {
  return 0.5 * (square(loc) + exp(2.0 * log_sigma) - 1.0) - log_sigma;
}
