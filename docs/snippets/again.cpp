// A training step again: up to a node, up to the step that went wrong, in f64, from a file.

#include <fmt/format.h>

#include <cmath>

#include "autograd/autograd.hpp"
#include "autograd/debug/session/time_travel.hpp"
#include "nn/nn.hpp"

using namespace tapestry;

int main() {
  // region training
  nn::Linear layer(3, 1);
  nn::Sgd sgd(layer.parameters(), {.lr = 2.0});  // much too high
  const auto loss = [&](std::int64_t step) {
    Rng data = Rng(1).stream(fmt::format("step {}", step));  // made inside: the same each time
    return mean(square(layer(data.normal({8, 3})) - 1.0));
  };
  const auto train_to = [&](std::int64_t steps) {
    nn::init::torch_default(layer, Rng(2));
    for (std::int64_t step = 0; step < steps; ++step) {
      sgd.zero_grad();
      Tape tape;
      tape.backward(loss(step));
      sgd.step();
    }
  };
  // end

  // region bisect
  const auto exploded = [&] { return std::fabs(layer.bias.value().item()) > 1e6; };
  const std::int64_t step = debug::bisect_step(0, 20, train_to, exploded);
  fmt::print("step {} is the first after which the bias is above a million\n", step);
  // end

  // region rerun
  train_to(step - 1);
  const auto once_more = [&] {
    Tape tape;
    tape.backward(loss(step - 1));
  };
  debug::rerun_to(once_more, layer.parameters(), 5,
                  [](const Tape& tape, std::int32_t node, const Tensor& value) {
                    const Node& n = tape.nodes()[static_cast<std::size_t>(node)];
                    fmt::print("node {} {} at {}:{} has {} values\n", node, n.op->name, n.src.file,
                               n.src.line, value.size());
                  });
  // end

  // region shadow
  Parameter w("w", tensor({1000.0, 1000.5, 999.75}));
  Parameter* parameters[] = {&w};
  const auto variance = [&] { return mean(square(w)) - square(mean(w)); };
  fmt::print("{}", debug::shadow(variance, parameters).text);
  // end

  // region capture
  nn::Capture before = nn::capture(layer, &sgd);
  before.inputs = {{"x", Rng(1).normal({8, 3})}};
  before.notes = {{"found", "the bias grows without bound"}};
  nn::save_capture("step.safetensors", before);

  const nn::Capture read = nn::load_capture("step.safetensors");
  nn::restore(read, layer, &sgd);
  fmt::print("{} values of x, {}\n", read.input("x").size(), read.notes.at("found"));
  // end
}
