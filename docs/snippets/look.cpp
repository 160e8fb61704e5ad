// The tape is plain data: list what was recorded, and the gradient of every value.

#include "autograd/autograd.hpp"

using namespace tapestry;

// region describe
std::string describe(const Node& node) {
  if (node.parameter) return fmt::format("parameter {}", node.parameter->name());
  if (node.op) return node.op->name;
  return node.keep_grad ? "watched" : "constant";
}
// end

int main() {
  // region record
  Parameter w("w", tensor(0.5)), b("b", tensor(-0.5));
  Tape tape({.keep = Keep::all});
  const Tensor x = tape.watch(tensor(2.0)).named("x");
  const Tensor s = w * x + b;
  const Tensor y = tanh(s).named("y");
  const Tensor loss = square(y - 1.0).named("loss");
  // end

  // region list
  for (const Node& node : tape.nodes()) {
    std::string from;
    for (int i = 0; i < node.arity; ++i) from += fmt::format(" {}", tape.input(node, i));
    fmt::print("{}  {:<12} {:<5} from{:<6} value {:.2f}\n", &node - tape.nodes().data(),
               describe(node), node.label ? node.label : "", from.empty() ? " -" : from,
               node.out.item());
  }
  // end

  // region sweep
  tape.backward(loss);
  for (int i = static_cast<int>(tape.nodes().size()) - 1; i >= 0; --i) {
    const Node& node = tape.nodes()[static_cast<std::size_t>(i)];
    if (!node.op) continue;
    fmt::print("{}  {:<7} dL/dout {:>5.2f}   {:<12} {}\n", i, node.op->name, node.grad.item(),
               node.op->formula, node.op->gradient);
  }
  // end

  // region grad
  fmt::print("dL/ds = {:.2f}, dL/dx = {:.2f}, dL/dw = {:.2f}, dL/db = {:.2f}\n",
             tape.grad(s).item(), tape.grad(x).item(), w.grad().item(), b.grad().item());
  // end

  // region where
  const Node& last = tape.nodes().back();
  fmt::print("{} was recorded at {}:{}\n", last.label, last.src.file, last.src.line);
  // end
}
