// changed_parameter: a backward that refuses: weights were changed after the loss was computed

#include "../support/fixed.hpp"
#include "autograd/autograd.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

namespace {

struct Network : nn::Module {
  nn::Child<nn::Linear> hidden{*this, "hidden", 1, 8, Activation::tanh};
  nn::Child<nn::Linear> out{*this, "out", 8, 1};
};

// Weight decay by hand: large weights are pulled towards zero.
void shrink(nn::Module& network) {
  for (Parameter* p : network.parameters()) p->set_value(0.9999 * p->value());
}

double train_step(Network& network, nn::Optimizer& adam, const Tensor& x, const Tensor& y) {
  adam.zero_grad();
  Tape tape;
  const Tensor loss = mean(square(network.out(network.hidden(x)) - y));
  shrink(network);  // somewhere in the step; does it matter where?
  tape.backward(loss);
  adam.step();
  return loss.item();
}

double train_step_fixed(Network& network, nn::Optimizer& adam, const Tensor& x, const Tensor& y) {
  adam.zero_grad();
  Tape tape;
  const Tensor loss = mean(square(network.out(network.hidden(x)) - y));
  tape.backward(loss);
  adam.step();
  shrink(network);  // after the step: the gradient belongs to the weights that the loss has seen
  return loss.item();
}

}  // namespace

int main(int argc, char** argv) {
  const auto train = support::fixed(argc, argv) ? train_step_fixed : train_step;
  const DTypeScope f64(DType::f64);
  const Tensor x = reshape(linspace(-2, 2, 41), {-1, 1});
  const Tensor y = sin(2.0 * x);

  Network network;
  nn::init::torch_default(network, Rng(2));
  nn::Adam adam(network.parameters(), {.lr = 0.02});
  try {
    for (int step = 0; step <= 400; ++step) {
      const double loss = train(network, adam, x, y);
      if (step % 100 == 0) fmt::print("step {:>3}  loss {:.3f}\n", step, loss);
    }
  } catch (const TapeError& error) {
    fmt::print("the first step fails:\n\n{}\n", error.what());
  }
}
