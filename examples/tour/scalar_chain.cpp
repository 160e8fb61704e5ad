// scalar_chain: a chain of five scalar functions, its tape as a table, and the chain rule three ways

#include <cmath>

#include "autograd/autograd.hpp"

using namespace tapestry;

namespace {

Tensor chain(Arg x) {
  const Tensor a = 3.0 * x;
  const Tensor b = sin(a);
  const Tensor c = square(b);
  const Tensor d = c + 1.0;
  return log(d);
}

// The same derivative on paper: the product of the five local slopes.
double by_hand(double x) {
  const double a = 3 * x, b = std::sin(a), d = b * b + 1;
  return (1 / d) * 1 * (2 * b) * std::cos(a) * 3;
}

// Central differences: the error shrinks with the square of the step until rounding takes over.
double by_differences(double x) {
  const double h = 1e-5;
  return (chain(tensor(x + h)).item() - chain(tensor(x - h)).item()) / (2 * h);
}

void print_tape(const Tape& tape) {
  fmt::print("{:>4}  {:<6} {:<7} {:>8} {:>8}   {:<12} {}\n", "node", "op", "from", "value",
             "dL/dout", "value is", "gradient sent to the operands");
  for (std::size_t i = 0; i < tape.nodes().size(); ++i) {
    const Node& node = tape.nodes()[i];
    std::string from;
    for (int k = 0; k < node.arity; ++k) from += fmt::format("{} ", tape.input(node, k));
    const std::string grad =
        node.grad.defined() ? fmt::format("{:8.4f}", node.grad.item()) : std::string(7, ' ') + "-";
    fmt::print("{:>4}  {:<6} {:<7} {:8.4f} {}   {:<12} {}\n", i,
               node.op ? node.op->name : (node.keep_grad ? "x" : "number"), from, node.out.item(),
               grad, node.op ? node.op->formula : "", node.op ? node.op->gradient : "");
  }
}

}  // namespace

int main() {
  const DTypeScope f64(DType::f64);
  const double at = 0.4;

  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor(at));
  tape.backward(chain(x));
  const double by_tape = tape.grad(x).item();

  fmt::print("y = ln(1 + sin(3x)^2) at x = {}\n\n", at);
  print_tape(tape);

  const double hand_error = std::abs(by_tape - by_hand(at));
  const double difference_error = std::abs(by_tape - by_differences(at));
  fmt::print("\ndy/dx by the tape         {:.10f}\n", by_tape);
  fmt::print("dy/dx by hand             {:.10f}   differs by {:.0e}\n", by_hand(at), hand_error);
  fmt::print("dy/dx by differences      {:.10f}   differs by {:.0e}\n", by_differences(at),
             difference_error);

  const bool ok = hand_error < 1e-12 && difference_error < 1e-8;
  fmt::print("{}\n", ok ? "all three agree" : "FAILED: they differ by more than rounding");
  return ok ? 0 : 1;
}
