// Does not compile: max takes one tensor and axes; without the refusal max(x, 0.5) would reduce axis 0.
// cure: the larger of two is maximum(a, b)
#include "autograd/autograd.hpp"

using namespace tapestry;

Tensor larger(const Tensor& a, const Tensor& b) {
#ifdef CONTROL
  return maximum(maximum(a, b), 0.5) + max(a, {0, 1}) + max(a, -1, true) + max(a);
#else
  return max(a, b);
#endif
}
