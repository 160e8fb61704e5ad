// Does not compile: a buffer is a part of its module. With -DCONTROL its values are taken.
// cure: pass it by reference
#include "nn/nn.hpp"

using namespace tapestry;

#ifdef CONTROL
Tensor copy(const nn::Buffer& mean) { return mean.value(); }
#else
nn::Buffer copy(const nn::Buffer& mean) { return mean; }
#endif
