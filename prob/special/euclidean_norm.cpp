#include "prob/special/euclidean_norm.hpp"

#include "autograd/ops.hpp"

namespace tapestry::prob {

Tensor euclidean_norm(const Tensor& x) { return sqrt(sum(square(x), -1, true) + 1e-30); }

}  // namespace tapestry::prob
