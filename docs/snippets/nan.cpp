// A NaN in a small network: found where it is born, and told from one that does no harm.

#include <fmt/format.h>

#include "autograd/autograd.hpp"
#include "autograd/debug/health_scope.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

// region network
// The loss of a regression that also predicts how sure it is.
struct Network : nn::Callable<Network> {
  nn::Child<nn::Linear> hidden{*this, "hidden", 1, 4, Activation::tanh};
  nn::Child<nn::Linear> mean{*this, "mean", 4, 1};
  nn::Child<nn::Linear> spread{*this, "spread", 4, 1, Activation::relu};

  Tensor forward(const Tensor& x, const Tensor& y) {
    const Tensor h = hidden(x);
    const Tensor sigma = spread(h);
    const Tensor z = square(y - mean(h)) / square(sigma);
    return tapestry::mean(z * 0.5 + log(sigma));
  }
};
// end

int main() {
  Network network;
  nn::init::torch_default(network, Rng(1));
  const Tensor x = tensor(std::vector<double>{-1, 0, 1}, {3, 1}), y = square(x);

  // region surprise
  try {
    Tape tape;
    tape.backward(network(x, y));
  } catch (const DomainError& error) {
    fmt::print("{}\n\n", error.what());
  }
  // end

  // region nodes
  try {
    const debug::HealthScope scope(Health::nodes);
    Tape tape;
    tape.backward(network(x, y));
  } catch (const DomainError& error) {
    fmt::print("{}\n\n", error.what());
  }
  // end

  // region masked
  Parameter w("w", tensor({0.0, 4.0}));
  const debug::HealthScope scope(Health::collect);
  Tape tape;
  tape.backward(sum(where(greater(w, 0.0), sqrt(w), 0.0)));
  fmt::print("{}\n", scope.report());
  // end

  // region mended
  w.zero_grad();
  Tape again;
  const Tensor safe = where(greater(w, 0.0), w, 1.0);  // never 0
  again.backward(sum(where(greater(w, 0.0), sqrt(safe), 0.0)));
  fmt::print("dL/dw = {}\n", w.grad());
  // end
}
