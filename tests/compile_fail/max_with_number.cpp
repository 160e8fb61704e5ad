// Does not compile: 0.5 is no axis, and must not become axis 0.
// cure: the larger of two is maximum(a, b)
#include "autograd/autograd.hpp"

using namespace tapestry;

Tensor clipped(const Tensor& x) {
#ifdef CONTROL
  return maximum(x, 0.5);
#else
  return max(x, 0.5);
#endif
}
