#include "support/climb.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/optim/adam.hpp"

namespace support {

using namespace tapestry;

void descend(nn::Optimizer& optimizer, const std::function<Tensor()>& loss) {
  optimizer.zero_grad();
  Tape tape;
  tape.backward(loss());
  optimizer.step();
}

void climb(const std::vector<Parameter*>& parameters, const std::function<Tensor()>& objective,
           const Climb& how, const std::function<void(int)>& visit) {
  nn::Adam adam(parameters, {.lr = how.rate, .beta2 = how.beta2});
  for (int step = 0; step < how.steps; ++step) {
    if (visit) visit(step);
    adam.set_lr(how.rate * std::pow(how.shrink, static_cast<double>(step) / how.steps));
    descend(adam, [&] { return -objective(); });
  }
}

}  // namespace support
