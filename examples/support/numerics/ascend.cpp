#include "support/numerics/ascend.hpp"

#include <cmath>

#include "autograd/ops.hpp"
#include "nn/optim/adam.hpp"
#include "nn/optim/descend.hpp"

namespace support {

using namespace tapestry;

void ascend(const std::vector<Parameter*>& parameters, const std::function<Tensor()>& objective,
            const Ascent& how, const std::function<void(int)>& visit) {
  nn::Adam adam(parameters, {.lr = how.rate, .beta2 = how.beta2});
  for (int step = 0; step < how.steps; ++step) {
    if (visit) visit(step);
    adam.set_lr(how.rate * std::pow(how.shrink, static_cast<double>(step) / how.steps));
    nn::descend(adam, [&] { return -objective(); });
  }
}

}  // namespace support
