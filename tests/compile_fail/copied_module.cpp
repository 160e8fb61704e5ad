// Does not compile: a module has its parameters in it, which do not move. With -DCONTROL it is referred to.
// cure: pass it by reference, Net& net
#include "nn/nn.hpp"

using namespace tapestry;

struct Net : nn::Module {
  nn::Child<nn::Linear> hidden{*this, "hidden", 2, 8};
  nn::Child<nn::Linear> out{*this, "out", 8, 1};
};

void use() {
  Net net;
#ifdef CONTROL
  Net& same = net;
#else
  Net same = net;
#endif
  (void)same;
}
