// A network of two layers learns XOR with Adam.

#include "nn/nn.hpp"

using namespace tapestry;

// region module
struct Network : nn::Callable<Network> {
  nn::Child<nn::Linear> hidden{*this, "hidden", 2, 8, Activation::tanh};
  nn::Child<nn::Linear> out{*this, "out", 8, 1};

  Tensor forward(const Tensor& x) { return out(hidden(x)); }
};
// end

int main() {
  // region make
  Network network;
  nn::init::xavier_uniform(network, Rng(1).stream("init"));
  for (const nn::NamedParameter& p : network.named_parameters()) {
    fmt::print("{:<14} {}\n", p.name, p.parameter->shape());
  }
  // end

  // region train
  const Tensor x = tensor({{0, 0}, {0, 1}, {1, 0}, {1, 1}});
  const Tensor t = reshape(tensor({0, 1, 1, 0}), {4, 1});  // 1 where exactly one input is 1
  nn::Adam adam(network.parameters(), {.lr = 0.02});
  for (int step = 0; step <= 200; ++step) {
    adam.zero_grad();
    Tape tape;
    const Tensor loss = -mean(bernoulli_log_prob(network(x), t));
    tape.backward(loss);
    if (step % 50 == 0) fmt::print("step {:>3}  loss {:.2f} nats\n", step, loss.item());
    adam.step();
  }
  // end

  // region predict
  const Tensor p = sigmoid(network(x));
  for (int i = 0; i < 4; ++i) {
    fmt::print("{} xor {} = 1 with probability {:.1f}\n", x.at({i, 0}), x.at({i, 1}), p.at({i, 0}));
  }
  // end

  // region scope
  Tape tape;
  network(x);
  for (const Node& node : tape.nodes()) {
    if (node.op) fmt::print("{:<7} in {}\n", node.op->name, scope_info(node.scope).path);
  }
  // end
}
