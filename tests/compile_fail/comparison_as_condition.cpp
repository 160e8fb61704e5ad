// Does not compile: a comparison has as many answers as elements.
// cure: bool
#include "autograd/autograd.hpp"

using namespace tapestry;

bool below(const Tensor& a, const Tensor& b) {
#ifdef CONTROL
  return (a < b).item() != 0;
#else
  return a < b;
#endif
}
