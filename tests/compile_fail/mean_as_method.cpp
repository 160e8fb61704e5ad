// Does not compile: ops are functions, and what the compiler says is short.
// cure: no member named
#include "autograd/autograd.hpp"

using namespace tapestry;

Tensor average(const Tensor& x) {
#ifdef CONTROL
  return mean(x);
#else
  return x.mean();
#endif
}
